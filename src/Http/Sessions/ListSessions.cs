namespace Ledger.Http.Sessions;

/// <summary>
/// Lists sessions, newest first, without their runs. The projection says which, and what they look like: a list costs the same however large the
/// sessions are.
/// </summary>
public static class ListSessionsEndpoint
{
    [WolverineGet("/ledger/sessions"), Authorize(Scopes.Read), CostlyRead, Tags("Sessions"), EndpointSummary("Lists sessions, newest first.")]
    [QueryText("kind", "check, test or run.")]
    [QueryText("status", "A session status, such as CANCELLED.")]
    [QueryText("project", "A project's name.")]
    [QueryText("from", "Triggered at or after this ISO 8601 time.")]
    [QueryText("to", "Triggered before this ISO 8601 time.")]
    [QueryNumber("limit", "Entries of a page.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")]
    public static async Task<Page<SessionEntry>> Get(
        HttpRequest request, Caller caller, SessionListReader list, Freshness freshness, CancellationToken cancellation)
    {
        request.RejectUnknown();
        var query = new SessionListQuery(caller.AccountId)
        {
            Kind = request.Word<SessionKind>("kind"),
            Statuses = request.Words<SessionStatus>("status"),
            Project = caller.Within(request.Name("project")),
            From = request.Time("from"),
            To = request.Time("to"),
            Limit = request.Limit(),
            BeforeNumber = request.Cursor(),
        };
        await freshness.WaitAsync(SessionListReader.ProjectionName, request);
        var page = await list.ReadAsync(query, cancellation);
        return new([.. page.Sessions.Select(SessionEntry.Of)], page.NextCursor);
    }
}

/// <summary>A session in a list: what a read of it says, but for its runs, of which there is only the number.</summary>
/// <param name="Metadata">Large members are left out: at most 8 KiB.</param>
/// <param name="RunCounts">How many runs stand where.</param>
public record SessionEntry(
    Guid SessionId,
    long Number,
    SessionKind Kind,
    SessionStatus Status,
    long Version,
    long Position,
    string? Project,
    string Name,
    SessionSource Source,
    Actor Actor,
    string? ConcurrencyGroup,
    JsonElement? Metadata,
    DateTimeOffset TriggeredAt,
    DateTimeOffset? SettledAt,
    RunCounts RunCounts)
{
    public static SessionEntry Of(SessionSummary session) => new(
        session.SessionId,
        session.Number,
        session.Kind,
        session.Status,
        session.Version,
        session.Position,
        session.Project,
        session.Name,
        session.Source,
        session.Actor,
        session.ConcurrencyGroup,
        session.Metadata,
        session.TriggeredAt,
        session.SettledAt,
        RunCounts.Of(session.Runs));
}

/// <summary>How many runs of a session stand where.</summary>
public sealed record RunCounts(int Total, int Open, int Passed, int Failed, int Degraded, int Cancelled, int TimedOut, int Lost)
{
    public static RunCounts Of(RunTally runs) => new(
        runs.Open + runs.Passed + runs.Failed + runs.Degraded + runs.Cancelled + runs.TimedOut + runs.Lost,
        runs.Open,
        runs.Passed,
        runs.Failed,
        runs.Degraded,
        runs.Cancelled,
        runs.TimedOut,
        runs.Lost);
}
