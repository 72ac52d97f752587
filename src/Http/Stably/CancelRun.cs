namespace Ledger.Http.Stably;

/// <summary>
/// Cancels a run that is QUEUED or RUNNING. The contract knows neither 404 nor 409: whatever cannot be cancelled is 400. A run that is being
/// stopped reads RUNNING, so a repeat succeeds with the same body and records nothing.
/// </summary>
public static class CancelRunEndpoint
{
    [WolverinePost("/v1/projects/{projectId}/runs/cancel"), Authorize(Scopes.Command), RateLimit("cancel"), Errors(400, 401, 429), Tags("Stably: runs")]
    [EndpointSummary("Cancels a run that is QUEUED or RUNNING. If it has a container, the container is stopped.")]
    public static async Task<CancelledRuns> Post(
        string projectId,
        [FromBody] RunsToCancel asked,
        Caller caller,
        PlainRunSessions runs,
        HttpContext context,
        CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(asked.Where.RunId, "D", out var runId))
        {
            throw Unknown();
        }

        var cancel = new PlainRunCancel(
            CancelVia.Stably,
            Origin: StablyRuns.Origin.Of(context.Request),
            Refuses: session => StablyRuns.IsOf(projectId, session) ? null : new Refusal(RefusalKind.UnknownSession, "Not a run of this project."));
        var executed = await runs.CancelAsync(caller, runId, cancel, cancellation);
        if (executed.Decision.Refusal is { Kind: RefusalKind.UnknownSession })
        {
            throw Unknown();
        }

        context.SetPosition(executed.Snapshot!.LastPosition);
        return executed.Decision.Refusal switch
        {
            null => new CancelledRuns([new CancelledRun(runId)]),
            { Kind: RefusalKind.NothingToCancel } => throw NotCancellable(executed.Snapshot.Session),
            var refusal => throw refusal.ToRejection(),
        };
    }

    private static RequestRejected Unknown() => RequestRejected.BadRequest("There is no such run in this project.");

    private static RequestRejected NotCancellable(Session session) => RequestRejected.BadRequest(session.IsOpen
        ? $"Run {session.Id} was started by a schedule; only runs that users start can be cancelled."
        : $"Run {session.Id} is {Words<RunStatus>.Of(RunStatuses.StatusOf(session))}; only QUEUED or RUNNING runs can be cancelled.");
}

/// <summary>The body of a cancel.</summary>
public sealed record RunsToCancel(RunToCancel Where);

public sealed record RunToCancel(string RunId);

/// <summary>The answer to a cancel, a closed object; the list is never empty.</summary>
public sealed record CancelledRuns(IReadOnlyList<CancelledRun> Cancelled);

/// <summary>A run that was cancelled, or is being stopped; a closed object.</summary>
public sealed record CancelledRun(Guid RunId);
