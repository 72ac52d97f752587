using System.Net;
using System.Text;
using System.Text.Json;
using Ledger.Http.Tests.AlertChannels;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What is told of alerts: nothing for a cancelled run (docs/dialects/checkly.md#alerts, docs/domain.md#rule-7).</summary>
public sealed class AlertNotificationTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>, IAsyncLifetime
{
    private Receiver receiver = null!;

    public async Task InitializeAsync() => receiver = await Receiver.StartAsync();

    public Task DisposeAsync() => receiver.DisposeAsync().AsTask();

    [Fact]
    public async Task An_alert_that_was_sent_is_told_in_the_documented_members()
    {
        receiver.AnswerWith(200);
        var channel = await ChannelAsync(receiver.Url);
        var (check, result) = await FailAsync();

        var sent = (await NotificationsAsync(channel, item => item.Text("status") == "SUCCESS")).ShouldHaveSingleItem();

        sent.EnumerateObject().Select(member => member.Name).ShouldBe(
        [
            "id", "type", "status", "alertConfig", "notificationResult", "timestamp", "checkType", "checkId", "checkAlertId",
            "alertChannelId", "checkResultId",
        ]);
        sent.Text("type").ShouldBe("WEBHOOK");
        sent.At("alertConfig").Text("url").ShouldBe(receiver.Url.AbsoluteUri);
        sent.Text("notificationResult").ShouldBe("answer 1");
        sent.Text("checkType").ShouldBe("PLAYWRIGHT");
        sent.Id("checkId").ShouldBe(check);
        sent.Id("checkResultId").ShouldBe(result);
        sent.At("alertChannelId").GetInt64().ShouldBe(channel);
        var alert = (await ledger.GetAsync($"/v1/check-alerts/{check}")).Json.EnumerateArray().ShouldHaveSingleItem();
        sent.Text("checkAlertId").ShouldBe(alert.Text("id"));
        var got = JsonSerializer.Deserialize<JsonElement>(receiver.All.ShouldHaveSingleItem().Body);
        got.Text("type").ShouldBe("alert.failure");
        got.At("data").Id("checkId").ShouldBe(check);
        got.At("data").Text("alertId").ShouldBe(alert.Text("id"));
    }

    [Fact]
    public async Task An_answer_without_a_body_tells_its_status()
    {
        receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Gone;
            return Task.CompletedTask;
        };
        var channel = await ChannelAsync(receiver.Url);
        await FailAsync();

        var sent = (await NotificationsAsync(channel, item => item.Text("status") == "FAILURE")).ShouldHaveSingleItem();

        sent.Text("notificationResult").ShouldBe("410");
    }

    [Fact]
    public async Task A_cancelled_run_is_sent_to_nobody_and_has_no_row()
    {
        receiver.AnswerWith(200);
        var channel = await ChannelAsync(receiver.Url);
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        var run = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAsync(session, run);
        await ledger.Runner.AttemptAsync(session, run);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        await ledger.Runner.AbortAsync(session, run);
        await FailAsync();

        // The failure that came later was sent: what came before it would have been, too.
        await NotificationsAsync(channel, item => item.Text("status") == "SUCCESS");
        (await ListAsync($"alertChannelId={channel}")).ShouldHaveSingleItem().Id("checkId").ShouldNotBe(check);
        receiver.All.ShouldHaveSingleItem().Body.ShouldNotContain(check.ToString());
    }

    [Fact]
    public async Task Notifications_are_paged_and_filtered_and_counted()
    {
        receiver.AnswerWith(410);
        var gone = await ChannelAsync(receiver.Url);
        await FailAsync();
        await NotificationsAsync(gone, item => item.Text("status") == "FAILURE");
        await using var other = await Receiver.StartAsync();
        var works = await ChannelAsync(other.Url);
        await FailAsync();
        await FailAsync();
        await NotificationsAsync(works, item => item.Text("status") == "SUCCESS");

        (await ListAsync($"alertChannelId={gone}&hasFailures=true")).Count.ShouldBe(1);
        (await ListAsync($"alertChannelId={gone}&hasFailures=false")).ShouldBeEmpty();
        (await ListAsync($"alertChannelId={works}&hasFailures=true")).ShouldBeEmpty();
        var first = await ledger.GetAsync($"/v1/alert-notifications?alertChannelId={works}&limit=1");
        var second = await ledger.GetAsync($"/v1/alert-notifications?alertChannelId={works}&limit=1&page=2");
        var third = await ledger.GetAsync($"/v1/alert-notifications?alertChannelId={works}&limit=1&page=3");
        first.Json.EnumerateArray().Concat(second.Json.EnumerateArray()).Select(item => item.Text("id")).Distinct().Count().ShouldBe(2);
        RangeOf(first).ShouldBe("items 0-0/2");
        RangeOf(second).ShouldBe("items 1-1/2");
        RangeOf(third).ShouldBe("items */2");
        (await ListAsync($"alertChannelId={works}&to=1000")).ShouldBeEmpty();
        (await ListAsync("alertChannelId=9223372036854775807")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("page=-1")]
    [InlineData("alertChannelId=0")]
    [InlineData("alertChannelId=x")]
    [InlineData("alertChannelId=99999999999999999999")]
    [InlineData("hasFailures=maybe")]
    [InlineData("from=yesterday")]
    [InlineData("from=0&to=86401")]
    public async Task A_malformed_query_is_refused(string query) =>
        (await ledger.GetAsync($"/v1/alert-notifications?{query}")).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("from=0")]
    [InlineData("to=0")]
    [InlineData("from=0&to=86400")]
    [InlineData("from=253402300799")]
    [InlineData("page=2147483647&limit=100")]
    public async Task A_query_at_the_edge_is_answered(string query)
    {
        var answer = await ledger.GetAsync($"/v1/alert-notifications?{query}");

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Body.ShouldBe("[]");
    }

    [Fact]
    public async Task Others_see_nothing()
    {
        (await ledger.GetAsync("/v1/alert-notifications", key: "")).ShouldBeUnauthorized();
        (await ledger.GetAsync("/v1/alert-notifications", await ledger.KeyWithAsync("command"))).ShouldBeForbidden();
        (await ledger.GetAsync("/v1/alert-notifications", await ledger.KeyOfAnotherAccountAsync())).Body.ShouldBe("[]");
    }

    private static string RangeOf(Answer answer) =>
        answer.Response.Content.Headers.TryGetValues("Content-Range", out var values)
            ? values.Single()
            : answer.Response.Headers.GetValues("Content-Range").Single();

    private async Task<long> ChannelAsync(Uri url)
    {
        var body = new StringContent(
            JsonSerializer.Serialize(new { url, events = (string[])["alert.failure"] }), Encoding.UTF8, "application/json");
        return (await ledger.SendAsync(HttpMethod.Put, $"/ledger/alert-channels/{Guid.NewGuid()}", body))["number"].GetInt64();
    }

    private async Task<(Guid Check, Guid Result)> FailAsync()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        var run = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAsync(session, run);
        return (check, await ledger.Runner.FailAsync(session, run));
    }

    private Task<IReadOnlyList<JsonElement>> NotificationsAsync(long channel, Func<JsonElement, bool> condition) => Eventually.Become(
        () => ListAsync($"alertChannelId={channel}"), items => items.Count > 0 && items.All(condition));

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string query)
    {
        var answer = await ledger.GetAsync($"/v1/alert-notifications?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return [.. answer.Json.EnumerateArray()];
    }
}
