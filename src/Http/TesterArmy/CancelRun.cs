namespace Ledger.Http.TesterArmy;

/// <summary>
/// Cancels a run. Where running ones are not cancelled, this interface knows one state that can be: not queued is refused, though another
/// dialect's cancel may be stopping the run already. There is no request body: whatever is sent is left unread.
/// </summary>
public static class CancelRunEndpoint
{
    [WolverinePost("/v1/runs/{id}/cancel"), Authorize(Scopes.Command), RateLimit("cancel"), Errors(400, 401, 404, 409, 429, 500, 504)]
    [EndpointSummary("Cancels a run that is queued; a running one too where the ledger is set to."), Tags("TesterArmy")]
    public static async Task<CancelledRun> Post(
        string id, Caller caller, PlainRunSessions runs, LedgerSettings settings, HttpContext context, CancellationToken cancellation)
    {
        var runId = Inputs.Uuid("run id", id);
        var rule = CancelBatchEndpoint.RuleOf(settings);
        var executed = await runs.CancelAsync(
            caller,
            runId,
            rule with
            {
                Refuses = session => rule.OnlyQueued && session.Runs[0].IsCancelling
                    ? new Refusal(RefusalKind.NothingToCancel, "The run is being stopped already.")
                    : null,
            },
            cancellation);
        switch (executed.Decision.Refusal)
        {
            case null:
                context.SetPosition(executed.Snapshot!.LastPosition);
                return new CancelledRun(runId, TesterArmyRunStatus.Cancelled);
            case { Kind: RefusalKind.NothingToCancel }:
                throw new RequestRejected(
                    StatusCodes.Status409Conflict,
                    "not-cancellable",
                    rule.OnlyQueued ? "Run is not in queued state." : "Run is already finished or cannot be cancelled.");
            case { Kind: RefusalKind.UnknownSession }:
                throw RequestRejected.NotFound("Run not found.");
            case var refusal:
                throw refusal.ToRejection();
        }
    }
}

/// <summary>A run that was cancelled. One that was running reads so only when it has stopped: this dialect has no word for the time between.</summary>
public sealed record CancelledRun(Guid Id, TesterArmyRunStatus Status);
