using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Checkly.Scheduling;

/// <summary>A scheduling is done when it is answered (docs/dialects/checkly-cli.md#completion).</summary>
public sealed class SchedulingCompletionTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task A_scheduling_has_succeeded_at_once_and_on_any_host()
    {
        var run = await ledger.RunAsync(CommandLine.RunOf(CommandLine.ApiJob(), CommandLine.TcpJob()));
        var scheduling = run["schedulingId"].GetGuid();
        await using var another = await RunningLedger.StartAsync(ledger.ConnectionString, account: ledger.AccountId);

        var answer = await ledger.GetAsync(PathOf(scheduling, "?maxWaitSeconds=30"));
        var elsewhere = await another.Client.ReadAsync(PathOf(scheduling));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer["schedulingId"].GetGuid().ShouldBe(scheduling);
        answer["testSessionId"].GetGuid().ShouldBe(run["testSessionId"].GetGuid());
        answer["status"].GetString().ShouldBe("SUCCEEDED");
        answer["checksTotal"].GetInt32().ShouldBe(2);
        answer["error"].ValueKind.ShouldBe(JsonValueKind.Null);
        answer["endedAt"].GetDateTimeOffset().ShouldBe(answer["createdAt"].GetDateTimeOffset());
        elsewhere.Body.GetProperty("status").GetString().ShouldBe("SUCCEEDED");
    }

    [Fact]
    public async Task That_of_an_unrecorded_session_does_not_name_it()
    {
        var run = await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob()).With("shouldRecord", false));

        var answer = await ledger.GetAsync(PathOf(run["schedulingId"].GetGuid()));

        answer["status"].GetString().ShouldBe("SUCCEEDED");
        answer["testSessionId"].ValueKind.ShouldBe(JsonValueKind.Null);
        (await ledger.GetAsync($"/v1/test-sessions/{run["schedulingId"]}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_was_not_scheduled_so_is_unknown()
    {
        var run = await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob()));
        var path = PathOf(run["schedulingId"].GetGuid());

        (await ledger.GetAsync(path, await ledger.KeyOfAnotherAccountAsync())).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync(PathOf(run["testSessionId"].GetGuid()))).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync(PathOf(Guid.NewGuid()))).ShouldBeNotFound("Not Found");
    }

    [Theory]
    [InlineData("?maxWaitSeconds=0")]
    [InlineData("?maxWaitSeconds=31")]
    [InlineData("?maxWaitSeconds=x")]
    public async Task A_wait_out_of_its_bounds_is_400(string query) =>
        (await ledger.GetAsync(PathOf(Guid.NewGuid(), query))).ShouldBeBadRequestNaming("maxWaitSeconds");

    [Fact]
    public async Task An_id_that_is_none_is_400() =>
        (await ledger.GetAsync("/v1/test-sessions/scheduling/x/completion")).ShouldBeBadRequestNaming("schedulingId");

    private static string PathOf(Guid id, string query = "") => $"/v1/test-sessions/scheduling/{id}/completion{query}";
}
