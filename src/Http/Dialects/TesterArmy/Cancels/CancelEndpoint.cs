using Ledger.Http.Access;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Dialects.TesterArmy.Cancels;

/// <summary>Cancels a run (wire.md 8.1). There is no request body: whatever is sent is left unread.</summary>
public static class CancelEndpoint
{
    public static void MapRunCancel(this IEndpointRouteBuilder routes) => routes
        .MapPost("/runs/{id}/cancel", CancelAsync)
        .RequireScope(Scope.Command)
        .WithMetadata(RateLimit.Cancel)
        .WithSummary("Cancels a run that is queued; a running one too where the ledger is set to.")
        .Produces<CancelledRun>()
        .ProducesErrors(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict);

    private static async Task<IResult> CancelAsync(HttpContext context, string id, RunCancels cancels, LedgerSettings settings)
    {
        var runId = Inputs.Uuid("run id", id);
        var key = context.Key();
        var executed = await cancels.CancelOneAsync(
            new StreamId(key.AccountId, runId), key.Actor, context.EventContext(), context.RequestAborted);
        switch (executed.Decision.Refusal)
        {
            case null:
                context.SetPosition(executed.Snapshot!.LastPosition);
                return TesterArmyJson.Answer(new CancelledRun(runId, TesterArmyRunStatus.Cancelled));
            case { Kind: RefusalKind.NothingToCancel }:
                throw new RequestRejected(
                    StatusCodes.Status409Conflict,
                    "not-cancellable",
                    settings.TesterArmy.CancelRunning ? "Run is already finished or cannot be cancelled." : "Run is not in queued state.");
            case { Kind: RefusalKind.UnknownSession }:
                throw RunEndpoints.Unknown();
            case var refusal:
                throw refusal.ToRejection();
        }
    }
}

/// <summary>A run that was cancelled. One that was running reads so only when it has stopped (wire.md 2.6).</summary>
public sealed record CancelledRun(Guid Id, TesterArmyRunStatus Status);
