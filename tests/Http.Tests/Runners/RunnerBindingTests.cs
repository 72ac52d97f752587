using System.Net;
using Ledger.Http.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Http.Tests.Runners;

/// <summary>A runner's id belongs to the key that first claimed with it.</summary>
public sealed class RunnerBindingTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task Another_key_cannot_act_as_the_runner_in_any_call()
    {
        var (own, stranger) = (await KeyAsync("runner"), await KeyAsync("runner", "admin", "operator"));
        var session = await TriggerAsync("bound");
        var runner = new TestRunner(own.Client, "bound");
        await runner.TakeAsync(session, "bound");
        var cancel = Guid.NewGuid();
        var pretender = new TestRunner(stranger.Client, "bound");

        var refused = new[]
        {
            await pretender.AskAsync("bound"),
            await stranger.Client.ReadAsync("/ledger/runners/bound/signals"),
            await pretender.StartAsync(session.SessionId, session.Run),
            await pretender.HeartbeatAsync(session.SessionId, session.Run),
            await pretender.AcknowledgeAsync(session.SessionId, session.Run, cancel),
            await pretender.AbortAsync(session.SessionId, session.Run, cancel),
            await pretender.ReportAsync(session.SessionId, session.Run),
            await stranger.Client.PostBodyAsync(
                $"/ledger/sessions/{session.SessionId}/cancel",
                new { cause = "shutdown", sequenceIds = new[] { session.Run } },
                ("Ledger-Runner", "bound")),
        };

        foreach (var answer in refused)
        {
            answer.Status.ShouldBe(HttpStatusCode.Forbidden);
            answer.Body.GetProperty("detail").GetString()!.ShouldContain("bound to another key");
        }

        (await client.EventTypesAsync(session.SessionId)).ShouldBe(["session_triggered", "run_claimed", "run_started"]);
        (await runner.HeartbeatAsync(session.SessionId, session.Run)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_may_have_many_runners_and_another_account_one_of_the_same_id()
    {
        await using var elsewhere = await RunningLedger.StartAsync(fixture.ConnectionString);
        var own = await KeyAsync("runner");

        (await new TestRunner(own.Client, "first").AskAsync("many")).Status.ShouldBe(HttpStatusCode.OK);
        (await new TestRunner(own.Client, "second").AskAsync("many")).Status.ShouldBe(HttpStatusCode.OK);
        (await new TestRunner(elsewhere.Client, "first").AskAsync("many")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task When_the_key_is_revoked_the_next_one_takes_the_runner_over_with_what_it_holds()
    {
        var (before, after) = (await KeyAsync("runner"), await KeyAsync("runner"));
        var session = await TriggerAsync("over");
        await new TestRunner(before.Client, "over").TakeAsync(session, "over");
        var runner = new TestRunner(after.Client, "over");
        (await runner.AskAsync("over")).Status.ShouldBe(HttpStatusCode.Forbidden);

        await client.CallAsync(HttpMethod.Delete, $"/ledger/keys/{before.Id}");

        (await runner.AskAsync("over")).Status.ShouldBe(HttpStatusCode.OK);
        (await runner.HeartbeatAsync(session.SessionId, session.Run)).Status.ShouldBe(HttpStatusCode.OK);
        (await new TestRunner(client, "over").AskAsync("over")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Of_keys_that_come_first_at_once_one_gets_the_runner()
    {
        var keys = new List<RunnerKey>();
        for (var nth = 0; nth < 6; nth++)
        {
            keys.Add(await KeyAsync("runner"));
        }

        var answers = await Task.WhenAll(keys.Select(key => new TestRunner(key.Client, "wanted").AskAsync("wanted")));

        answers.Count(answer => answer.Status is HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.Status is HttpStatusCode.Forbidden).ShouldBe(5);
    }

    [Fact]
    public async Task A_heartbeat_does_not_ask_the_database_whose_the_runner_is()
    {
        var own = await KeyAsync("runner");
        var session = await TriggerAsync("cached");
        var runner = new TestRunner(own.Client, "cached");
        await runner.TakeAsync(session, "cached");
        await ExecuteAsync("alter table ledger.mt_doc_runnerbinding rename to away");
        try
        {
            (await runner.HeartbeatAsync(session.SessionId, session.Run)).Status.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            await ExecuteAsync("alter table ledger.away rename to mt_doc_runnerbinding");
        }
    }

    private async Task<RunnerKey> KeyAsync(params string[] scopes)
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "runners", scopes });
        return new RunnerKey(
            made.Body.GetProperty("keyId").GetGuid(), fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString()));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = fixture.Ledger.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private Task<Triggered> TriggerAsync(string location) => client.TriggerAsync(new
    {
        kind = "test",
        name = "Suite",
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "checkout", location } },
    });

    private sealed record RunnerKey(Guid Id, HttpClient Client);
}
