using Ledger.Http.Access;
using Ledger.Http.PlainRuns;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Stably;

/// <summary>
/// Finds runs. A run's id is its session's (wire.md 7.2), to clients an opaque text: one that is no uuid is simply unknown, as are the
/// sessions of other kinds and the runs of other accounts.
/// </summary>
public static class StablyRuns
{
    /// <summary>The stream of a run id; null for a text that can be none.</summary>
    public static StreamId? StreamOf(HttpContext context, string runId) =>
        Guid.TryParseExact(runId, "D", out var sessionId) ? new StreamId(context.Key().AccountId, sessionId) : null;

    /// <summary>The run of that id in whichever project; null when the account has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public static async Task<SessionSnapshot?> FindAsync(this PlainRunSessions runs, HttpContext context, string runId) =>
        StreamOf(context, runId) is { } stream ? await runs.FindAsync(stream.AccountId, stream.SessionId, context.RequestAborted) : null;

    /// <summary>The run of that id in that project; null when the project has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public static async Task<SessionSnapshot?> FindAsync(
        this PlainRunSessions runs, HttpContext context, string projectId, string runId) =>
        await runs.FindAsync(context, runId) is { } found && StablyProject.Has(projectId, found.Session) ? found : null;

    /// <summary>The one run of a session of kind <c>run</c>.</summary>
    public static Run Only(Session session) => session.Runs[0];
}
