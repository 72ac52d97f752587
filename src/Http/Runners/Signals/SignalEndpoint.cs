using Ledger.Http.Access;
using Ledger.Http.Live;
using Ledger.Http.RateLimits;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Runners.Signals;

/// <summary>
/// A runner's signals as Server-Sent Events: first everything that is open still, then each cancel at once. A signal may come twice; what
/// is lost comes again with the next stream, claim or heartbeat (domain.md rule 8).
/// </summary>
internal static class SignalEndpoint
{
    private const string Cancel = "cancel";

    public static void MapSignals(this IEndpointRouteBuilder routes) => routes
        .MapGet("/ledger/runners/{runnerId}/signals", SignalsAsync)
        .RequireScope(Scope.Runner)
        .WithMetadata(RateLimit.Runner)
        .WithTags("Runners")
        .WithSummary("The runner's cancels as Server-Sent Events, event cancel: those that are open, then each as it is asked for.")
        .Produces<CancelSignal>(contentType: "text/event-stream");

    private static async Task SignalsAsync(
        HttpContext context,
        string runnerId,
        RunnerSignals signals,
        OpenCancels openCancels,
        Deliveries deliveries,
        IHostApplicationLifetime lifetime,
        TimeProvider clock)
    {
        var runner = RunnerId.Of(context, runnerId);
        var aborted = context.RequestAborted;
        using var connection = signals.Connect(runner);
        await EventStream.RunAsync(context, clock, lifetime.ApplicationStopping, async events =>
        {
            // Not waited for: what is pushed meanwhile goes out at once.
            _ = OfferOpenAsync();
            while (await events.WaitAsync(connection.Signals))
            {
                while (connection.Signals.TryRead(out var next))
                {
                    foreach (var signal in next)
                    {
                        await events.FrameAsync(Cancel, signal);
                    }

                    await events.FlushAsync();
                    deliveries.RecordLater(runner, next, DeliveryChannel.Stream);
                }
            }
        });

        async Task OfferOpenAsync()
        {
            try
            {
                connection.Offer(await openCancels.ReadAsync(runner, aborted));
            }
            catch (Exception outage) when (outage is StoreUnavailableException or OperationCanceledException)
            {
                // The runner opens the stream again, and is told then.
                connection.Close();
            }
        }
    }
}
