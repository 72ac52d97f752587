using Ledger.Http.Live;

namespace Ledger.Http.Runners;

/// <summary>
/// A runner's signals as Server-Sent Events: first everything that is open still, then each cancel at once. A signal may come twice; what
/// is lost comes again with the next stream, claim or heartbeat.
/// </summary>
public static class StreamSignalsEndpoint
{
    private const string Cancel = "cancel";

    [WolverineGet("/ledger/runners/{runnerId}/signals"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("The runner's cancels as Server-Sent Events, event cancel: those that are open, then each as it is asked for.")]
    [ProducesResponseType(typeof(CancelSignal), StatusCodes.Status200OK, "text/event-stream")]
    public static async Task<IResult> Get(
        string runnerId,
        Caller caller,
        RunnerBindings runners,
        RunnerPresence presence,
        RunnerSignals signals,
        OpenCancels openCancels,
        Deliveries deliveries,
        EventStreams streams,
        HttpContext context)
    {
        var runner = RunnerId.Of(caller, runnerId);
        var aborted = context.RequestAborted;
        await runners.BindAsync(context.Key(), runner.Name, aborted);
        presence.Speaks(caller.AccountId, runner.Name, caller.Project);
        using var connection = signals.Connect(runner, caller);
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
        return Results.Empty;

        async Task OfferOpenAsync()
        {
            var offered = false;
            try
            {
                connection.Offer(await openCancels.ReadAsync(caller, runner.Name, aborted));
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
