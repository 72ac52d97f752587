using System.Net.ServerSentEvents;

namespace Ledger.Runner;

/// <summary>
/// Listens for cancels on the ledger's Server-Sent Events and opens the stream again whenever it ends. A signal is a hint
/// (docs/domain.md#rule-8): whatever the stream misses comes with the next heartbeat or claim, so nothing here is remembered across
/// connections.
/// </summary>
internal sealed class SignalStream(LedgerClient ledger, RetryTiming timing, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LongEnoughToTrust = TimeSpan.FromSeconds(5);

    /// <summary>Listens until cancelled.</summary>
    /// <param name="onCancel">Called for each cancel, once per delivery: the same cancel may come many times.</param>
    public async Task ListenAsync(Action<CancelOrder> onCancel, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(timing, time);
        while (!cancellationToken.IsCancellationRequested)
        {
            var since = time.GetTimestamp();
            try
            {
                using var response = await ledger.OpenSignalsAsync(cancellationToken);
                await using var body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken);
                log.LogInformation("listening for signals");
                await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
                {
                    if (item.EventType is "cancel" && Parse(item.Data) is { } signal)
                    {
                        onCancel(signal);
                    }
                }

                log.LogInformation("the signal stream ended; opening it again");
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                if (!backoff.IsFailing)
                {
                    log.LogWarning("the signal stream is broken, heartbeats stand in for it: {Problem}", e.Message);
                }
            }

            if (time.GetElapsedTime(since) > LongEnoughToTrust)
            {
                backoff.Reset();
            }

            await backoff.WaitAsync(retryAfter: null, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private CancelOrder? Parse(string data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, LedgerJson.Default.CancelOrder);
        }
        catch (JsonException e)
        {
            log.LogWarning("a signal could not be read and is left to the heartbeats: {Problem}", e.Message);
            return null;
        }
    }
}
