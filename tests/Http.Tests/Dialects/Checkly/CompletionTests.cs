using System.Diagnostics;
using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>The long-poll for the end of a session (docs/dialects/checkly.md#awaiting).</summary>
public sealed class CompletionTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private const string Waiting =
        "Check session is still in progress, but maximum per-request wait time was exceeded. Please retry.";

    // Before anybody looks without having been told: hosts look for lost notes every ten seconds.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_final_session_is_answered_at_once_as_each_version_shows_it()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");

        var first = await ledger.GetAsync($"/v1/check-sessions/{session}/completion");
        var second = await ledger.GetAsync($"/v2/check-sessions/{session}/completion?maxWaitSeconds=30");

        first["status"].GetString().ShouldBe("TIMED_OUT");
        second["status"].GetString().ShouldBe("CANCELLED");
        second.Body.ShouldBe((await ledger.GetAsync($"/v2/check-sessions/{session}")).Body);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task A_session_that_goes_on_is_408_when_the_wait_is_used_up_and_not_before(string version)
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var began = Stopwatch.GetTimestamp();

        var answer = await ledger.GetAsync($"/{version}/check-sessions/{session}/completion?maxWaitSeconds=1");

        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(990));
        answer.ShouldBeError(HttpStatusCode.RequestTimeout, "Request Time-out", Waiting);
        answer.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Every_waiter_wakes_when_a_cancel_makes_the_session_final()
    {
        var check = await ledger.TriggerNewCheckAsync("eu-central-1");
        var test = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");
        var waits = new[]
        {
            ledger.GetAsync($"/v1/check-sessions/{check}/completion"),
            ledger.GetAsync($"/v2/check-sessions/{check}/completion?maxWaitSeconds=30"),
            ledger.GetAsync($"/v1/test-sessions/{test}/completion?maxWaitSeconds=29.5"),
        };
        await ledger.GetAsync($"/v2/check-sessions/{check}/completion?maxWaitSeconds=1");
        waits.ShouldAllBe(wait => !wait.IsCompleted);

        await ledger.PostAsync($"/v1/check-sessions/{check}/cancel");
        await ledger.PostAsync($"/v1/test-sessions/{test}/cancel");

        var answers = await Task.WhenAll(waits).WaitAsync(Soon);
        answers.Select(answer => answer.Status).ShouldAllBe(status => status == HttpStatusCode.OK);
        answers.Select(answer => answer["status"].GetString()).ShouldBe(["TIMED_OUT", "CANCELLED", "CANCELLED"]);
    }

    [Fact]
    public async Task A_waiter_goes_on_waiting_until_the_last_run_is_settled()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1");
        var sequences = await ledger.SequencesOfAsync(session);
        await ledger.Runner.StartAllAsync(session);
        var wait = ledger.GetAsync($"/v2/check-sessions/{session}/completion");

        await ledger.Runner.PassAsync(session, sequences[0]);
        await ledger.GetAsync($"/v2/check-sessions/{session}/completion?maxWaitSeconds=1");
        wait.IsCompleted.ShouldBeFalse();
        await ledger.Runner.ReportAsync(session, sequences[1], ResultType.Final, isDegraded: true);

        (await wait.WaitAsync(Soon))["status"].GetString().ShouldBe("DEGRADED");
    }

    [Fact]
    public async Task A_cancel_on_one_host_wakes_a_waiter_on_another()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        await using var other = await RunningLedger.StartAsync(ledger.ConnectionString, account: ledger.AccountId);
        var wait = other.Client.GetStringAsync($"/v2/check-sessions/{session}/completion");
        await other.Client.GetAsync($"/v2/check-sessions/{session}/completion?maxWaitSeconds=1");
        wait.IsCompleted.ShouldBeFalse();

        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");

        (await wait.WaitAsync(Soon)).ShouldContain("CANCELLED");
    }

    [Fact]
    public async Task A_host_that_stops_answers_its_waiters_so_that_they_ask_again()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        Task<HttpResponseMessage> wait;
        var other = await RunningLedger.StartAsync(ledger.ConnectionString, account: ledger.AccountId);
        using var client = other.ClientWith(other.ApiKey);
        await using (other)
        {
            wait = client.GetAsync($"/v1/check-sessions/{session}/completion");
            await client.GetAsync($"/v1/check-sessions/{session}/completion?maxWaitSeconds=1");
        }

        (await wait.WaitAsync(Soon)).StatusCode.ShouldBe(HttpStatusCode.RequestTimeout);
    }

    [Theory]
    [InlineData("/v1/check-sessions")]
    [InlineData("/v2/check-sessions")]
    [InlineData("/v1/test-sessions")]
    public async Task An_unknown_session_is_404_at_once(string prefix)
    {
        var kind = prefix.Contains("check", StringComparison.Ordinal) ? "check" : "test";

        (await ledger.GetAsync($"{prefix}/{Guid.NewGuid()}/completion").WaitAsync(Soon))
            .ShouldBeNotFound($"No such {kind} session.");
    }

    [Theory]
    [InlineData("/v1/check-sessions", "0")]
    [InlineData("/v1/check-sessions", "30.5")]
    [InlineData("/v1/check-sessions", "x")]
    [InlineData("/v1/check-sessions", "-1")]
    [InlineData("/v2/check-sessions", "0")]
    [InlineData("/v2/check-sessions", "31")]
    [InlineData("/v2/check-sessions", "1.5")]
    [InlineData("/v1/test-sessions", "0.9")]
    [InlineData("/v1/test-sessions", "31")]
    public async Task A_wait_out_of_its_bounds_is_400(string prefix, string wait) =>
        (await ledger.GetAsync($"{prefix}/{Guid.NewGuid()}/completion?maxWaitSeconds={wait}")).ShouldBeBadRequestNaming("maxWaitSeconds");

    [Fact]
    public async Task Version_1_takes_a_fraction_of_a_second()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var began = Stopwatch.GetTimestamp();

        (await ledger.GetAsync($"/v1/check-sessions/{session}/completion?maxWaitSeconds=1.25"))
            .Status.ShouldBe(HttpStatusCode.RequestTimeout);

        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(1240));
    }
}
