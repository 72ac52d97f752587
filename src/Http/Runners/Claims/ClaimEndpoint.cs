using Ledger.Http.Access;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;
using Ledger.Http.Runners.Signals;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Runners.Claims;

/// <summary>
/// A runner claims queued runs, waiting for some if it likes. The answer repeats every cancel that is open for it; one that it has never
/// been told of ends the waiting.
/// </summary>
public static class ClaimEndpoint
{
    public static void MapClaims(this IEndpointRouteBuilder routes) => routes
        .MapPost("/ledger/runners/{runnerId}/claims", ClaimAsync)
        .RequireScope(Scope.Runner)
        .WithMetadata(RateLimit.Runner)
        .WithTags("Runners")
        .WithSummary("Claims queued runs under a lease; holds the question for waitSeconds when there is none.")
        .Reads<ClaimRequest>()
        .Produces<ClaimAnswer>();

    private static async Task<IResult> ClaimAsync(
        HttpContext context,
        string runnerId,
        WaitingClaims waiting,
        RunClaims claims,
        OpenCancels openCancels,
        Deliveries deliveries,
        IHostApplicationLifetime lifetime,
        TimeProvider clock)
    {
        var runner = RunnerId.Of(context, runnerId);
        var request = await Body.ReadRequiredJsonAsync<ClaimRequest>(context.Request, Json.Options);
        var claiming = new Claiming(runner, request.ToFilter(), context.EventContext());
        using var claim = waiting.Enter(runner.AccountId, claiming.Filter);
        IReadOnlyList<CancelSignal>? known = await openCancels.ReadAsync(runner, context.RequestAborted);
        await claims.TakeQueuedAsync(claiming, context.RequestAborted);
        if (claiming.Taken.Count == 0 && request.WaitSeconds > 0 && known.All(signal => deliveries.IsKnown(runner, signal)))
        {
            using var over = new CancellationTokenSource(TimeSpan.FromSeconds(request.WaitSeconds), clock);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(
                over.Token, context.RequestAborted, lifetime.ApplicationStopping);
            await claims.TakeOfferedAsync(claiming, claim, ending.Token);
            known = null;
        }

        return NativeResult.Json(new ClaimAnswer(claiming.Taken, await TellAsync()));

        async Task<IReadOnlyList<CancelSignal>> TellAsync()
        {
            try
            {
                var told = known ?? await openCancels.ReadAsync(runner, context.RequestAborted);
                await deliveries.RecordAsync(runner, told, DeliveryChannel.Claim, context.RequestAborted);
                return told;
            }
            catch (StoreUnavailableException) when (claiming.Taken.Count > 0)
            {
                // What was claimed must reach its runner; cancels come again with its heartbeats.
                return [];
            }
        }
    }
}
