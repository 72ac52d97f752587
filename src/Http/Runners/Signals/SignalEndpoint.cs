using Ledger.Http.Access;
using Ledger.Http.Live;
using Ledger.Http.RateLimits;
using Ledger.Sessions;

namespace Ledger.Http.Runners.Signals;

/// <summary>
/// A runner's signals as Server-Sent Events: first everything that is open still, then each cancel at once. A signal may come twice; what
/// is lost comes again with the next stream, claim or heartbeat (domain.md rule 8).
/// </summary>
public static class SignalEndpoint
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
        EventStreams streams)
    {
        var runner = RunnerId.Of(context, runnerId);
        var aborted = context.RequestAborted;
        using var connection = signals.Connect(runner);
        await streams.RunAsync(context, async events =>
        {
            // Not waited for at first: what is pushed meanwhile goes out at once.
            var opening = OfferOpenAsync();
            while (await events.WaitAsync(connection.Signals))
            {
                while (connection.Signals.TryRead(out var next))
                {
                    await SendAsync(events, next);
                }
            }

            await opening;
        });

        async Task OfferOpenAsync()
        {
            var offered = false;
            try
            {
                connection.Offer(await openCancels.ReadAsync(runner, aborted));
                offered = true;
            }
            finally
            {
                if (!offered)
                {
                    // The runner opens the stream again, and is told then.
                    connection.Close();
                }
            }
        }

        async Task SendAsync(EventStream events, IReadOnlyList<CancelSignal> sent)
        {
            foreach (var signal in sent)
            {
                await events.FrameAsync(Cancel, signal);
            }

            await events.FlushAsync();
            deliveries.RecordLater(runner, sent, DeliveryChannel.Stream);
        }
    }
}
