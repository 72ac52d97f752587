using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Sessions;

/// <summary>
/// Lists sessions, newest first. The projection says which; what they look like is folded from their streams, so that an entry is what a
/// read of the session itself would be.
/// </summary>
public static class ListSessionsEndpoint
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    private static readonly HashSet<string> Parameters = new(StringComparer.Ordinal)
    {
        "kind", "status", "project", "from", "to", "limit", "cursor", Freshness.After,
    };

    [WolverineGet("/ledger/sessions"), Authorize(Scopes.Read), Tags("Sessions"), EndpointSummary("Lists sessions, newest first.")]
    [QueryText("kind", "check, test or run.")]
    [QueryText("status", "A session status, such as CANCELLED.")]
    [QueryText("project", "A project's name.")]
    [QueryText("from", "Triggered at or after this ISO 8601 time.")]
    [QueryText("to", "Triggered before this ISO 8601 time.")]
    [QueryNumber("limit", "Entries of a page.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")]
    public static async Task<SessionList> Get(
        HttpRequest request, Caller caller, SessionListReader list, Freshness freshness, SessionWriter sessions, CancellationToken cancellation)
    {
        var query = Read(request, caller);
        await freshness.WaitAsync(SessionListReader.ProjectionName, request);
        var page = await Database.RunAsync(() => list.ReadAsync(query, cancellation));
        var found = await sessions.ReadManyAsync(caller, [.. page.Sessions.Select(listed => listed.SessionId)], cancellation);
        return new SessionList([.. found.Select(SessionView.Of)], page.NextCursor);
    }

    private static SessionListQuery Read(HttpRequest request, Caller caller)
    {
        if (request.Query.Keys.FirstOrDefault(name => !Parameters.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"There is no parameter '{unknown}'.");
        }

        var cursor = request.Query["cursor"].ToString();
        var before = 0L;
        if (cursor.Length > 0 && !SessionListCursor.TryRead(cursor, out before))
        {
            throw RequestRejected.BadRequest("'cursor' must be the nextCursor of a list.");
        }

        return new SessionListQuery(caller.AccountId)
        {
            Kind = QueryWords<SessionKind>.One(request, "kind"),
            Statuses = QueryWords<SessionStatus>.All(request, "status"),
            Project = caller.Within(request.Query["project"].ToString() is { Length: > 0 } project ? Inputs.Name("project", project) : null),
            From = Inputs.Time(request, "from"),
            To = Inputs.Time(request, "to"),
            Limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit),
            BeforeNumber = before > 0 ? before : null,
        };
    }
}

/// <summary>One page of sessions.</summary>
/// <param name="Entries">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record SessionList(IReadOnlyList<SessionView> Entries, string? NextCursor);
