using System.Text.Json;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.AlertDeliveries;
using Ledger.Projections.Alerts;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Streams;
using Ledger.Support;

namespace Ledger.Projections.Tests.AlertChannels;

public sealed class AlertDeliveriesTests : LedgerTest
{
    private const string Runner = "runner-1";

    private readonly Guid check = Guid.NewGuid();
    private readonly System.Collections.Concurrent.ConcurrentBag<object> sent = [];
    private ReadModelHost? daemon;

    private static Projection[] All =>
        [new CheckResultsProjection(), new AlertsProjection()];

    [Fact]
    public async Task A_failure_is_to_be_sent_once_to_each_channel_that_asks_for_it()
    {
        var failures = await ChannelAsync("failures", ["alert.failure", "alert.recovery"]);
        var recoveries = await ChannelAsync("recoveries", ["alert.recovery"]);
        var checks = await ChannelAsync("this check", ["alert.failure"], checkIds: [Guid.NewGuid(), check]);
        var others = await ChannelAsync("other checks", ["alert.failure"], checkIds: [Guid.NewGuid()]);
        var foreign = await ChannelAsync("of others", ["alert.failure"], account: Guid.NewGuid());
        var disabled = await ChannelAsync("disabled", ["alert.failure"], isDisabled: true);
        var failed = await RunAsync(hasFailures: true);
        var delivery = (await DeliveriesOfAsync(failures)).ShouldHaveSingleItem();

        delivery.Event.ShouldBe("alert.failure");
        delivery.AlertPosition.ShouldBe(failed.LastPosition);
        delivery.State.ShouldBe(DeliveryState.Open);
        delivery.CreatedAt.ShouldBe(failed.Session.SettledAt!.Value);
        sent.ShouldContain(new DeliverAlert(delivery.Id));
        (await DeliveriesOfAsync(checks)).ShouldHaveSingleItem().WebhookId.ShouldNotBe(delivery.WebhookId);
        foreach (var silent in (long[])[recoveries, others, foreign, disabled])
        {
            (await DeliveriesOfAsync(silent)).ShouldBeEmpty();
        }

        await RunAsync();
        (await DeliveriesOfAsync(recoveries)).ShouldHaveSingleItem().Event.ShouldBe("alert.recovery");
        (await DeliveriesOfAsync(failures)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_body_tells_of_the_run()
    {
        var channel = await ChannelAsync("any", ["alert.failure"]);
        var failed = await RunAsync(hasFailures: true);
        await DeliveriesOfAsync(channel);

        var body = JsonDocument.Parse(await ScalarAsync<string>("select payload from ledger.alert_deliveries")).RootElement;
        body.GetProperty("type").GetString().ShouldBe("alert.failure");
        body.GetProperty("timestamp").GetDateTimeOffset().ShouldBe(failed.Session.SettledAt!.Value);
        var data = body.GetProperty("data");
        data.GetProperty("alertType").GetString().ShouldBe("ALERT_FAILURE");
        data.GetProperty("checkId").GetGuid().ShouldBe(check);
        data.GetProperty("checkName").GetString().ShouldBe("Run 1");
        data.GetProperty("sessionId").GetGuid().ShouldBe(failed.Session.Id);
        data.GetProperty("sequenceId").GetGuid().ShouldBe(failed.Session.Runs[0].SequenceId);
        data.GetProperty("responseTime").GetInt64().ShouldBe(120);
        data.GetProperty("incidentId").GetGuid().ShouldNotBe(Guid.Empty);
    }

    [Fact]
    public async Task A_failed_try_makes_no_delivery_before_its_run_is_settled_and_a_cancelled_run_never_does()
    {
        var channel = await ChannelAsync("any", [.. AlertEvents.Known]);
        var first = await TryAsync();
        var second = await TryAsync();
        (await DeliveriesOfAsync(channel)).ShouldBeEmpty();

        var cancelled = await CancelAsync(first);
        await ExecuteAsync(cancelled, (state, now) => ReportResult.Decide(
            state, Some.Result(state.Runs[0].SequenceId, Runner, hasFailures: true, isCancelled: true), now));
        (await DeliveriesOfAsync(channel)).ShouldBeEmpty();

        await ReportAsync(second, Runner, hasFailures: true);
        (await DeliveriesOfAsync(channel)).ShouldHaveSingleItem().Event.ShouldBe("alert.failure");
    }

    [Fact]
    public async Task A_new_channel_is_sent_nothing_that_was_before_it()
    {
        await RunAsync(hasFailures: true);
        var channel = await ChannelAsync("late", ["alert.failure", "alert.recovery"]);

        (await DeliveriesOfAsync(channel)).ShouldBeEmpty("the reaction sees the failure only now, but it was before the channel");
        await RunAsync();
        (await DeliveriesOfAsync(channel)).ShouldHaveSingleItem().Event.ShouldBe("alert.recovery");
    }

    [Fact]
    public async Task Deriving_everything_again_sends_nothing_again()
    {
        var channel = await ChannelAsync("any", [.. AlertEvents.Known]);
        foreach (var hasFailures in (bool[])[true, true, false, true])
        {
            await RunAsync(hasFailures);
        }

        var before = await DeliveriesOfAsync(channel);
        await daemon!.DisposeAsync();
        await ScalarAsync<long>(
            """
            with alerts as (delete from ledger.alerts), conditions as (delete from ledger.check_conditions),
            incidents as (delete from ledger.incidents), results as (delete from ledger.check_results)
            select 1::bigint
            """);
        await ForgetCheckpointsAsync();
        daemon = null;

        (await DeliveriesOfAsync(channel)).Select(delivery => delivery.WebhookId).ShouldBe(before.Select(delivery => delivery.WebhookId));
        before.Count.ShouldBeGreaterThanOrEqualTo(3);
        sent.Count.ShouldBe(before.Count);
    }

    [Fact]
    public async Task Two_hosts_that_both_believe_to_send_alerts_make_one_delivery_and_one_message_of_each()
    {
        var channel = await ChannelAsync("any", [.. AlertEvents.Known]);
        await RunAsync(hasFailures: true);
        await DeliveriesOfAsync(channel);
        var other = await StartDaemonAsync("other", null, All, progress => new AlertDeliveriesProjection(progress, DataSource, Messages.Kept(sent.Add)));
        for (var n = 0; n < 20; n++)
        {
            await RunAsync(hasFailures: true);
        }

        (await other.WaitForHeadAsync(AlertDeliveryReader.ProjectionName, Recovery)).ShouldBeTrue();
        await Eventually.Become(() => sent.Count == 21);
        sent.OfType<DeliverAlert>().Select(message => message.Delivery).Order()
            .ShouldBe((await DeliveriesOfAsync(channel)).Select(delivery => delivery.Id).Order());
    }

    private async Task<long> ChannelAsync(
        string id, string[] events, Guid? account = null, Guid[]? checkIds = null, bool isDisabled = false)
    {
        var target = new AlertChannelTarget(new Uri("https://hooks.example/"), events, checkIds);
        var channel = AlertChannel.Make(
            id, target, WebhookSecret.Make(), await Store.ReadHeadAsync(CancellationToken.None), Clock.UtcNow);
        return await StoreAsync(account ?? Account, channel with { DisabledAt = isDisabled ? Clock.UtcNow : null });
    }

    private async Task<SessionSnapshot> RunAsync(bool hasFailures = false)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        return await ReportAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner), Runner, hasFailures);
    }

    private async Task<SessionSnapshot> TryAsync() => await ExecuteAsync(
        await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner),
        (state, now) => ReportResult.Decide(
            state, Some.Result(state.Runs[0].SequenceId, Runner, ResultType.Attempt, hasFailures: true), now));

    private async Task<IReadOnlyList<AlertDelivery>> DeliveriesOfAsync(long channel)
    {
        daemon ??= await StartDaemonAsync("host", null, All, progress => new AlertDeliveriesProjection(progress, DataSource, Messages.Kept(sent.Add)));
        (await daemon.WaitForHeadAsync(AlertDeliveryReader.ProjectionName, Patience)).ShouldBeTrue();
        return await new AlertDeliveryReader(DataSource).ListAsync(channel, null, null, 100);
    }
}
