using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Cancels;

public sealed class CancelTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task Two_hundred_identical_cancels_at_once_are_one()
    {
        var session = await client.TriggerAsync("crowd", "crowd");
        await new TestRunner(client, "crowd").ClaimAsync("crowd", max: 2);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ =>
            client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = "enough" })));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Accepted);
        answers.Select(answer => answer.Body.GetProperty("cancelId").GetGuid()).Distinct().ShouldHaveSingleItem();
        answers.ShouldAllBe(answer => answer.Body.GetProperty("targeted").GetArrayLength() == 2);
        (await client.EventTypesAsync(session.SessionId)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Fact]
    public async Task The_same_cancels_over_two_hosts_are_one()
    {
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString, account: fixture.Ledger.AccountId);
        var session = await client.TriggerAsync("both");
        await new TestRunner(client, "both").ClaimAsync("both");

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(number =>
            (number % 2 == 0 ? client : other.Client).PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null)));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Accepted);
        (await client.EventTypesAsync(session.SessionId)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Fact]
    public async Task An_idempotency_key_gives_the_first_answer_whatever_happened_since()
    {
        var session = await client.TriggerAsync("key", "key");
        var runner = new TestRunner(client, "key");
        await runner.ClaimAsync("key");
        var first = await CancelAsync(session, new { sequenceIds = session.Runs }, "key-1");
        var cancelId = first.Body.GetProperty("cancelId").GetGuid();
        await runner.AbortAsync(session.SessionId, session.Run, cancelId);
        var before = await client.HeadAsync();

        var again = await CancelAsync(session, new { sequenceIds = session.Runs }, "key-1");
        var withoutKey = await CancelAsync(session, new { sequenceIds = session.Runs }, null);

        again.Status.ShouldBe(HttpStatusCode.Accepted);
        again.Body.ToString().ShouldBe(first.Body.ToString());
        (await client.HeadAsync()).ShouldBe(before);
        withoutKey.Status.ShouldBe(HttpStatusCode.Conflict);
        withoutKey.Body.GetProperty("type").GetString().ShouldEndWith("/nothing-to-cancel");
    }

    [Fact]
    public async Task An_idempotency_key_with_another_request_is_an_error()
    {
        var session = await client.TriggerAsync("reuse", "reuse");
        await CancelAsync(session, new { sequenceIds = new[] { session.Runs[0] } }, "key-2");
        var before = await client.HeadAsync();

        var reused = await CancelAsync(session, new { sequenceIds = new[] { session.Runs[1] } }, "key-2");

        reused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        reused.MediaType.ShouldBe("application/problem+json");
        (await client.HeadAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_dry_run_answers_the_same_and_appends_nothing()
    {
        var session = await client.TriggerAsync(new
        {
            kind = "test",
            name = "Mixed",
            runs = new[]
            {
                new { checkType = "PLAYWRIGHT", name = "a", location = "dry" },
                new { checkType = "API", name = "b", location = "dry" },
            },
        });
        var before = await client.HeadAsync();

        var dry = await CancelAsync(session, new { dryRun = true }, null);

        dry.Status.ShouldBe(HttpStatusCode.Accepted);
        (await client.HeadAsync()).ShouldBe(before);
        var real = await CancelAsync(session, new { }, null);
        real.Body.GetProperty("targeted").ToString().ShouldBe(dry.Body.GetProperty("targeted").ToString());
        real.Body.GetProperty("skipped").ToString().ShouldBe(dry.Body.GetProperty("skipped").ToString());
        var skipped = real.Body.GetProperty("skipped").EnumerateArray().ShouldHaveSingleItem();
        skipped.GetProperty("why").GetString().ShouldBe("notCancellable");
    }

    [Fact]
    public async Task A_queued_run_that_is_cancelled_is_never_claimed()
    {
        var session = await client.TriggerAsync("queued");
        await CancelAsync(session, new { }, null);

        (await new TestRunner(client, "queued").ClaimAsync("queued")).ShouldBeEmpty();
        (await client.SessionAsync(session.SessionId)).GetProperty("status").GetString().ShouldBe("CANCELLED");
    }

    [Fact]
    public async Task A_runners_key_cancels_only_what_its_runner_holds_because_of_a_shutdown()
    {
        using var drain = fixture.Ledger.ClientWith(await MakeKeyAsync("runner"));
        var session = await client.TriggerAsync("drain", "drain");
        await new TestRunner(drain, "drain").ClaimAsync("drain");
        (string, string) header = ("Ledger-Runner", "drain");
        var path = $"/ledger/sessions/{session.SessionId}/cancel";

        var whole = await drain.PostBodyAsync(path, new { cause = "shutdown" }, header);
        var notHeld = await drain.PostBodyAsync(path, new { cause = "shutdown", sequenceIds = new[] { session.Runs[1] } }, header);
        var otherCause = await drain.PostBodyAsync(path, new { sequenceIds = new[] { session.Run } }, header);
        var own = await drain.PostBodyAsync(path, new { cause = "shutdown", sequenceIds = new[] { session.Run } }, header);

        whole.Status.ShouldBe(HttpStatusCode.Forbidden);
        notHeld.Status.ShouldBe(HttpStatusCode.Forbidden);
        otherCause.Status.ShouldBe(HttpStatusCode.Forbidden);
        own.Status.ShouldBe(HttpStatusCode.Accepted);
        var cancel = (await client.SessionAsync(session.SessionId)).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("cause").GetString().ShouldBe("shutdown");
        cancel.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("runner");
    }

    private async Task<string> MakeKeyAsync(string scope)
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = scope, scopes = new[] { scope } });
        return made.Body.GetProperty("apiKey").GetString()!;
    }

    private Task<Answer> CancelAsync(Triggered session, object body, string? key) => client.PostBodyAsync(
        $"/ledger/sessions/{session.SessionId}/cancel", body, key is null ? [] : [("Idempotency-Key", key)]);
}
