using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>
/// Concurrency limits (docs/dialects/empirical.md#concurrency): what the server itself does to runs of one group, seen from outside.
/// </summary>
public sealed class ConcurrencyTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Settings = "Ledger:Empirical:Concurrency";

    [Fact]
    public async Task A_newer_run_cancels_the_earlier_ones_and_the_history_says_for_whom()
    {
        await using var ledger = await StartAsync("environment", "cancel_previous");
        var runner = new TestRunner(ledger.Client, "runner-1");
        var running = await TriggerAsync(ledger, "staging", "main");
        var claimed = (await runner.ClaimAsync("default")).ShouldHaveSingleItem();
        await runner.StartAsync(running.SessionId, Sequence(claimed));
        await using var signals = await runner.ListenAsync();

        var waiting = await TriggerAsync(ledger, "staging", "other");
        var signal = await signals.NextAsync(frame => frame.Type == "cancel");
        (await StateAsync(ledger, running)).ShouldBe("cancelling");
        (await StateAsync(ledger, waiting)).ShouldBe("queued");
        (await runner.ClaimAsync("default")).ShouldBeEmpty();

        var newest = await TriggerAsync(ledger, "staging", "main");
        await Eventually.Become(async () => (await StateAsync(ledger, waiting)) == "cancelled");
        (await runner.ClaimAsync("default")).ShouldBeEmpty();

        signal.Data.GetProperty("sessionId").GetGuid().ShouldBe(running.SessionId);
        await runner.AbortAsync(running.SessionId, Sequence(claimed), signal.Data.GetProperty("cancelId").GetGuid());
        (await StateAsync(ledger, running)).ShouldBe("cancelled");
        (await runner.ClaimAsync("default", waitSeconds: 5)).ShouldHaveSingleItem()
            .GetProperty("sessionId").GetGuid().ShouldBe(newest.SessionId);
        await ShouldBeSupersededAsync(ledger, running, by: waiting);
        await ShouldBeSupersededAsync(ledger, waiting, by: newest);
    }

    [Fact]
    public async Task On_the_wire_a_superseded_run_looks_like_any_cancelled_one()
    {
        await using var ledger = await StartAsync("project", "cancel_previous");
        var superseded = await TriggerAsync(ledger, "staging", "main");
        var newer = await TriggerAsync(ledger, "production", "main");
        await Eventually.Become(async () => (await StateAsync(ledger, superseded)) == "cancelled");
        await ledger.Client.PostBodyAsync($"/api/test-runs/{newer.Id}/cancel", new { reason = "by hand" });

        var (automatic, manual) = (await ReadAsync(ledger, superseded), await ReadAsync(ledger, newer));

        automatic.EnumerateObject().Select(member => (member.Name, member.Value.ValueKind))
            .ShouldBe(manual.EnumerateObject().Select(member => (member.Name, member.Value.ValueKind)));
        automatic.GetProperty("cancel_reason").GetString().ShouldBe($"superseded by session {newer.Id}");
        var again = await ledger.Client.PostBodyAsync($"/api/test-runs/{superseded.Id}/cancel", null);
        again.ShouldBeMessage(HttpStatusCode.PreconditionFailed, $"Test run {superseded.Id} has already been cancelled.");
    }

    [Fact]
    public async Task A_newer_run_waits_unclaimed_until_the_earlier_one_has_ended()
    {
        await using var ledger = await StartAsync("branch_environment", "queue_new");
        var runner = new TestRunner(ledger.Client, "runner-1");
        var first = await TriggerAsync(ledger, "staging", "main");
        var second = await TriggerAsync(ledger, "staging", "main");
        var other = await TriggerAsync(ledger, "staging", "other");

        var claimed = await runner.ClaimAsync("default", max: 10);
        claimed.Select(run => run.GetProperty("sessionId").GetGuid()).ShouldBe([first.SessionId, other.SessionId]);
        (await runner.ClaimAsync("default")).ShouldBeEmpty();
        (await StateAsync(ledger, second)).ShouldBe("queued");
        (await StateAsync(ledger, first)).ShouldBe("started");

        await runner.StartAsync(first.SessionId, Sequence(claimed[0]));
        await runner.ReportAsync(first.SessionId, Sequence(claimed[0]));

        (await runner.ClaimAsync("default", waitSeconds: 5)).ShouldHaveSingleItem()
            .GetProperty("sessionId").GetGuid().ShouldBe(second.SessionId);
        (await StateAsync(ledger, first)).ShouldBe("ended");
    }

    [Theory]
    [InlineData("none", 4)]
    [InlineData("project", 1)]
    [InlineData("environment", 2)]
    [InlineData("branch_environment", 3)]
    public async Task The_scope_says_which_runs_wait_for_one_another(string scope, int atOnce)
    {
        await using var ledger = await StartAsync(scope, "queue_new");
        await TriggerAsync(ledger, "staging", "main");
        await TriggerAsync(ledger, "staging", "main");
        await TriggerAsync(ledger, "staging", "other");
        await TriggerAsync(ledger, "production", "main");

        (await new TestRunner(ledger.Client, "runner-1").ClaimAsync("default", max: 10)).Count.ShouldBe(atOnce);
    }

    [Fact]
    public async Task A_project_may_have_a_rule_of_its_own_and_projects_never_wait_for_one_another()
    {
        await using var ledger = await StartAsync(
            "project",
            "queue_new",
            ($"{Settings}:Projects:7:Scope", "none"),
            ($"{Settings}:Projects:default:Behaviour", "cancel_previous"),
            ($"{Settings}:Projects:default:Scope", "project"));
        var first = await TriggerAsync(ledger, "staging", "main");
        await TriggerAsync(ledger, "staging", "main");
        foreach (var project in new[] { "7", "7", "8", "8" })
        {
            await TriggerAsync(ledger, "staging", "main", ("x-project-id", project));
        }

        await Eventually.Become(async () => (await StateAsync(ledger, first)) == "cancelled");
        (await new TestRunner(ledger.Client, "runner-1").ClaimAsync("default", max: 10)).Count.ShouldBe(4);
    }

    [Theory]
    [InlineData($"{Settings}:Scope", "galaxy", $"{Settings}:Scope must be none, project, environment or branch_environment.")]
    [InlineData($"{Settings}:Behaviour", "explode", $"{Settings}:Behaviour must be cancel_previous or queue_new.")]
    [InlineData($"{Settings}:Projects:shop:Scope", "x", $"{Settings}:Projects:shop:Scope must be none")]
    public async Task A_setting_that_cannot_work_stops_the_start(string name, string value, string fault)
    {
        var stopped = await Should.ThrowAsync<Ledger.Http.Settings.SettingsException>(() => RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { [name] = value }));

        stopped.Message.ShouldContain(fault);
    }

    private Task<RunningLedger> StartAsync(string scope, string behaviour, params (string Name, string? Value)[] others) =>
        RunningLedger.StartAsync(
            database.ConnectionString,
            new Dictionary<string, string?>(others.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)))
            {
                [$"{Settings}:Scope"] = scope,
                [$"{Settings}:Behaviour"] = behaviour,
            },
            account: Guid.NewGuid());

    private static async Task<(long Id, Guid SessionId)> TriggerAsync(
        RunningLedger ledger, string environment, string branch, params (string, string)[] headers)
    {
        var answer = await ledger.Client.CallAsync(HttpMethod.Put, "/api/test-runs", new { environment, branch }, headers);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        var id = answer.Body.GetProperty("data").GetProperty("test_run").GetProperty("id").GetInt64();
        var listed = await ledger.Client.ReadAsync("/ledger/sessions");
        return (id, listed.Body.GetProperty("entries")[0].GetProperty("sessionId").GetGuid());
    }

    private static Guid Sequence(JsonElement claimed) => claimed.GetProperty("sequenceId").GetGuid();

    private static async Task<string> StateAsync(RunningLedger ledger, (long Id, Guid) run) =>
        (await ReadAsync(ledger, run)).GetProperty("state").GetString()!;

    private static async Task<JsonElement> ReadAsync(RunningLedger ledger, (long Id, Guid) run) =>
        (await ledger.Client.ReadAsync($"/api/test-runs/{run.Id}")).Body.GetProperty("data").GetProperty("test_run").GetProperty("testRun");

    private static async Task ShouldBeSupersededAsync(RunningLedger ledger, (long, Guid SessionId) run, (long, Guid SessionId) by)
    {
        var cancel = (await ledger.Client.SessionAsync(run.SessionId)).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("cause").GetString().ShouldBe("superseded");
        cancel.GetProperty("supersededBy").GetGuid().ShouldBe(by.SessionId);
        cancel.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("system");
    }
}
