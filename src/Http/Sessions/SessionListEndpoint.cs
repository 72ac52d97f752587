using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Sessions;

/// <summary>
/// Lists sessions, newest first (http.md). The projection says which; what they look like is folded from their streams, so that an entry
/// is what a read of the session itself would be.
/// </summary>
public static class SessionListEndpoint
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    private static readonly HashSet<string> Parameters = new(StringComparer.Ordinal)
    {
        "kind", "status", "project", "from", "to", "limit", "cursor", Freshness.After,
    };

    public static void MapSessionList(this IEndpointRouteBuilder routes) => routes
        .MapGet("/ledger/sessions", ListAsync)
        .RequireScope(Scope.Read)
        .WithTags("Sessions")
        .WithSummary("Lists sessions, newest first.")
        .ReadsText("kind", "check, test or run.")
        .ReadsText("status", "A session status, such as CANCELLED.")
        .ReadsText("project", "A project's name.")
        .ReadsText("from", "Triggered at or after this ISO 8601 time.")
        .ReadsText("to", "Triggered before this ISO 8601 time.")
        .ReadsNumber("limit", "Entries of a page.")
        .ReadsText("cursor", "The nextCursor of the page before.")
        .ReadsNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")
        .Produces<SessionList>();

    private static async Task<IResult> ListAsync(HttpContext context, SessionListReader list, Freshness freshness, SessionStreams sessions)
    {
        var query = Read(context);
        await freshness.WaitAsync(SessionListReader.ProjectionName, context.Request);
        var page = await Database.RunAsync(() => list.ReadAsync(query, context.RequestAborted));
        var found = await sessions.ReadManyAsync(
            [.. page.Sessions.Select(listed => new StreamId(query.AccountId, listed.SessionId))], context.RequestAborted);
        return NativeResult.Json(new SessionList([.. found.Select(SessionView.Of)], page.NextCursor));
    }

    private static SessionListQuery Read(HttpContext context)
    {
        var request = context.Request;
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

        return new SessionListQuery(context.Key().AccountId)
        {
            Kind = QueryWords<SessionKind>.One(request, "kind"),
            Statuses = QueryWords<SessionStatus>.All(request, "status"),
            Project = request.Query["project"].ToString() is { Length: > 0 } project ? Inputs.Name("project", project) : null,
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
