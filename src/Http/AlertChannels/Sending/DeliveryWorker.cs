using System.Collections.Concurrent;
using Ledger.Http.Settings;
using Ledger.Projections.AlertChannels;
using Npgsql;

namespace Ledger.Http.AlertChannels.Sending;

/// <summary>
/// Sends what is due, on every host at once: each claims what it has room for. No receiver gets more of the room than its share, however
/// slow it is. The order of a channel's alerts is not kept: a later one overtakes one that is tried again.
/// </summary>
public sealed partial class DeliveryWorker(
    DeliveryQueue queue, WebhookSender sender, RetryPlan plan, WebhookSettings settings, TimeProvider clock, ILogger<DeliveryWorker> logger)
    : BackgroundService
{
    /// <summary>How often a host looks for something to send.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>Beyond an attempt's time, so that no claim ends while it lasts.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<long, Sending> running = new();
    private volatile TaskCompletionSource woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isAway;

    /// <summary>There is something to send.</summary>
    public void Wake() => woken.TrySetResult();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await StartDueAsync(stoppingToken);
                isAway = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (NpgsqlException outage)
            {
                if (!isAway)
                {
                    LogOutage(outage);
                }

                isAway = true;
            }
            catch (Exception failure)
            {
                LogFailed(failure);
            }

            await Task.WhenAny(woken.Task, Task.Delay(Poll, clock, stoppingToken));
        }

        await Task.WhenAll(running.Values.Select(sending => sending.Work));
    }

    private async Task StartDueAsync(CancellationToken stopping)
    {
        var room = settings.AtOnce - running.Count;
        if (room <= 0)
        {
            return;
        }

        var busy = running.Values.CountBy(sending => sending.Host).ToDictionary();
        foreach (var delivery in await queue.ClaimAsync(
            clock.GetUtcNow(), settings.Timeout + Slack, busy, settings.AtOncePerReceiver, room, stopping))
        {
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            running[delivery.Id] = new Sending(delivery.Host, WorkAsync(delivery, start.Task, stopping));
            start.SetResult();
        }
    }

    private async Task WorkAsync(ClaimedDelivery delivery, Task started, CancellationToken stopping)
    {
        await started;
        try
        {
            await DeliverAsync(delivery, stopping);
        }
        catch (NpgsqlException outage)
        {
            // The claim ends by itself, and the delivery is sent again: at least once.
            LogNotRecorded(outage, delivery.WebhookId);
        }
        catch (Exception failure)
        {
            LogNotSent(failure, delivery.WebhookId);
        }
        finally
        {
            running.TryRemove(delivery.Id, out _);
            Wake();
        }
    }

    private async Task DeliverAsync(ClaimedDelivery delivery, CancellationToken stopping)
    {
        if (delivery.IsWithdrawn)
        {
            await queue.WithdrawnAsync(delivery, clock.GetUtcNow(), CancellationToken.None);
            return;
        }

        try
        {
            var result = await sender.SendAsync(delivery, stopping);
            await RecordAsync(delivery, result);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await queue.ReleaseAsync(delivery, CancellationToken.None);
        }
    }

    private async Task RecordAsync(ClaimedDelivery delivery, SendResult result)
    {
        var attempt = result.Attempt;
        switch (attempt.Status)
        {
            case >= 200 and < 300:
                await queue.DeliveredAsync(delivery, attempt, CancellationToken.None);
                break;
            case StatusCodes.Status410Gone:
                await queue.GoneAsync(delivery, attempt, CancellationToken.None);
                LogGone(delivery.Channel);
                break;
            default:
                if (plan.Next(delivery.Attempts + 1, clock.GetUtcNow(), result.RetryAfter) is { } next)
                {
                    await queue.PostponedAsync(delivery, attempt, next, CancellationToken.None);
                }
                else
                {
                    await queue.GivenUpAsync(delivery, attempt, CancellationToken.None);
                    LogGivenUp(delivery.WebhookId, delivery.Channel, delivery.Attempts + 1);
                }

                break;
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is to be sent to webhooks cannot be read.")]
    private partial void LogOutage(Exception outage);

    [LoggerMessage(LogLevel.Warning, "What became of webhook {WebhookId} could not be recorded; it will be sent again.")]
    private partial void LogNotRecorded(Exception outage, string webhookId);

    [LoggerMessage(LogLevel.Error, "Webhooks could not be sent; this host tries again.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Error, "Webhook {WebhookId} could not be sent; it is tried again.")]
    private partial void LogNotSent(Exception failure, string webhookId);

    [LoggerMessage(LogLevel.Warning, "Alert channel {Channel} is disabled: its receiver answered 410.")]
    private partial void LogGone(long channel);

    [LoggerMessage(LogLevel.Warning, "Webhook {WebhookId} to alert channel {Channel} is given up after {Attempts} attempts.")]
    private partial void LogGivenUp(string webhookId, long channel, int attempts);

    private sealed record Sending(string Host, Task Work);
}
