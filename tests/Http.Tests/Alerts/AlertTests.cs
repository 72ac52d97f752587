using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Alerts;

/// <summary>A run that was cancelled alerts nobody; whatever was decided is listed with its reason.</summary>
public sealed class AlertTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;
    private readonly Guid check = Guid.NewGuid();

    [Fact]
    public async Task A_suppressed_alert_says_who_cancelled_the_run_how_and_why()
    {
        var session = await TriggerAsync("suppressed");
        var cancelled = await client.PostBodyAsync(
            $"/ledger/sessions/{session.SessionId}/cancel", new { reason = "wrong branch", cause = "failFast" });
        cancelled.Status.ShouldBe(HttpStatusCode.Accepted);

        var alert = (await EntriesAsync($"/ledger/alerts?checkId={check}")).ShouldHaveSingleItem();

        alert.GetProperty("state").GetString().ShouldBe("suppressed");
        alert.GetProperty("type").GetString().ShouldBe("ALERT_FAILURE");
        alert.GetProperty("reason").GetString()!.ShouldMatch("^The run was cancelled by .+ via ledger, cause failFast\\.$");
        var cancel = alert.GetProperty("cancel");
        cancel.GetProperty("cancelId").GetGuid().ShouldBe(cancelled.Body.GetProperty("cancelId").GetGuid());
        cancel.GetProperty("reason").GetString().ShouldBe("wrong branch");
        cancel.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("apiKey");
        alert.GetProperty("incidentId").ValueKind.ShouldBe(JsonValueKind.Null);
        alert.GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
        (await EntriesAsync($"/ledger/incidents?checkId={check}")).ShouldBeEmpty();
        (await client.ReadAsync($"/ledger/checks/{check}/status")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_alert_that_was_decided_before_the_cancel_is_pending_and_then_suppressed()
    {
        var (session, runner) = await StartAsync("decided");
        await AttemptAsync(runner, session);
        var pending = (await EntriesAsync($"/ledger/alerts?checkId={check}&state=pending")).ShouldHaveSingleItem();
        pending.GetProperty("settledAt").ValueKind.ShouldBe(JsonValueKind.Null);

        var cancelled = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });
        (await EntriesAsync($"/ledger/alerts?checkId={check}&state=pending")).ShouldHaveSingleItem();
        await runner.AbortAsync(session.SessionId, session.Run, cancelled.Body.GetProperty("cancelId").GetGuid());

        (await EntriesAsync($"/ledger/alerts?checkId={check}&state=pending")).ShouldBeEmpty();
        (await EntriesAsync($"/ledger/alerts?checkId={check}&state=sent")).ShouldBeEmpty();
        (await EntriesAsync($"/ledger/alerts?checkId={check}&state=suppressed")).ShouldHaveSingleItem()
            .GetProperty("id").GetInt64().ShouldBe(pending.GetProperty("id").GetInt64());
    }

    [Fact]
    public async Task A_run_that_finishes_before_its_cancel_took_effect_alerts()
    {
        var (session, runner) = await StartAsync("finished");
        await AttemptAsync(runner, session);
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });
        await FinishAsync(runner, session, hasFailures: true);

        (await EntriesAsync($"/ledger/alerts?checkId={check}")).ShouldHaveSingleItem().GetProperty("state").GetString().ShouldBe("sent");
    }

    [Fact]
    public async Task A_retry_that_passes_withdraws_the_alert()
    {
        var (session, runner) = await StartAsync("retried");
        await AttemptAsync(runner, session);
        await FinishAsync(runner, session, hasFailures: false);

        (await EntriesAsync($"/ledger/alerts?checkId={check}")).ShouldHaveSingleItem().GetProperty("state").GetString().ShouldBe("withdrawn");
    }

    [Fact]
    public async Task A_failure_opens_an_incident_that_its_recovery_resolves_and_the_status_tells_of_each_location()
    {
        await RunAsync("first", hasFailures: true);
        await RunAsync("second", hasFailures: false);
        var open = (await EntriesAsync($"/ledger/incidents?checkId={check}&state=open")).ShouldHaveSingleItem();
        open.GetProperty("state").GetString().ShouldBe("open");
        open.GetProperty("failingLocations").EnumerateArray().Single().GetString().ShouldBe("first");
        var status = (await client.ReadAsync($"/ledger/checks/{check}/status")).Body;
        status.GetProperty("condition").GetString().ShouldBe("failing");
        status.GetProperty("incidentId").GetGuid().ShouldBe(open.GetProperty("incidentId").GetGuid());
        status.GetProperty("checkName").GetString().ShouldBe("checkout");
        var locations = status.GetProperty("locations").EnumerateArray()
            .Select(each => (each.GetProperty("location").GetString(), each.GetProperty("condition").GetString()));
        locations.ShouldBe([("first", "failing"), ("second", "passing")]);

        await client.PostBodyAsync($"/ledger/sessions/{(await TriggerAsync("first")).SessionId}/cancel", new { });
        (await EntriesAsync($"/ledger/incidents?checkId={check}")).ShouldHaveSingleItem().ToString().ShouldBe(open.ToString());
        (await client.ReadAsync($"/ledger/checks/{check}/status")).Body.ToString().ShouldBe(status.ToString());
        await RunAsync("first", hasFailures: false);

        var resolved = (await EntriesAsync($"/ledger/incidents?checkId={check}&state=resolved")).ShouldHaveSingleItem();
        resolved.GetProperty("incidentId").GetGuid().ShouldBe(open.GetProperty("incidentId").GetGuid());
        resolved.GetProperty("alerts").GetInt32().ShouldBe(2);
        resolved.GetProperty("resolvedAt").ValueKind.ShouldBe(JsonValueKind.String);
        (await EntriesAsync($"/ledger/alerts?checkId={check}&state=sent"))
            .ShouldAllBe(alert => alert.GetProperty("incidentId").GetGuid() == resolved.GetProperty("incidentId").GetGuid());
    }

    [Fact]
    public async Task Pages_are_followed_by_their_cursor_and_times_narrow_them()
    {
        for (var n = 0; n < 3; n++)
        {
            await RunAsync("pages", hasFailures: true);
        }

        var first = (await client.ReadAsync($"/ledger/alerts?checkId={check}&limit=2")).Body;
        var next = (await client.ReadAsync($"/ledger/alerts?checkId={check}&limit=2&cursor={first.GetProperty("nextCursor").GetString()}")).Body;

        first.GetProperty("entries").EnumerateArray().Concat(next.GetProperty("entries").EnumerateArray())
            .Select(alert => alert.GetProperty("type").GetString())
            .ShouldBe(["ALERT_FAILURE_REMAIN", "ALERT_FAILURE_REMAIN", "ALERT_FAILURE"]);
        next.GetProperty("nextCursor").ValueKind.ShouldBe(JsonValueKind.Null);
        (await EntriesAsync($"/ledger/alerts?checkId={check}&from=2020-01-01&to=2020-01-02")).ShouldBeEmpty();
        (await EntriesAsync($"/ledger/alerts?checkId={check}&from=2020-01-01&after={await client.HeadAsync()}")).Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("/ledger/alerts?state=due")]
    [InlineData("/ledger/alerts?state=sent&state=pending")]
    [InlineData("/ledger/alerts?checkId=x")]
    [InlineData("/ledger/alerts?limit=101")]
    [InlineData("/ledger/alerts?cursor=AAAA")]
    [InlineData("/ledger/alerts?cursor=AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/ledger/alerts?from=99999-01-01")]
    [InlineData("/ledger/alerts?after=-1")]
    [InlineData("/ledger/alerts?states=sent")]
    [InlineData("/ledger/alerts?checkId=%00")]
    [InlineData("/ledger/incidents?state=closed")]
    [InlineData("/ledger/incidents?from=2020-01-01")]
    [InlineData("/ledger/incidents?limit=0")]
    [InlineData("/ledger/checks/x/status")]
    public async Task What_is_malformed_is_refused(string path)
    {
        var answer = await client.ReadAsync(path);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_project_lists_only_the_alerts_of_its_sessions()
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "bound", project = "shop", scopes = new[] { "read" } });
        using var bound = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
        var own = await TriggerAsync("projects", "shop");
        foreach (var session in new[] { own, await TriggerAsync("projects", "blog"), await TriggerAsync("projects") })
        {
            (await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { })).Status.ShouldBe(HttpStatusCode.Accepted);
        }

        var listed = (await bound.ReadAsync($"/ledger/alerts?checkId={check}")).Body.GetProperty("entries").EnumerateArray().ToList();

        listed.ShouldHaveSingleItem().GetProperty("sessionId").GetGuid().ShouldBe(own.SessionId);
        listed[0].GetProperty("cancel").GetProperty("cause").GetString().ShouldBe("user");
        (await EntriesAsync($"/ledger/alerts?checkId={check}")).Count.ShouldBe(3);
    }

    private async Task<Triggered> TriggerAsync(string location, string? project = null) => await client.TriggerAsync(new
    {
        kind = "check",
        name = "Checkout",
        project,
        runs = new[] { new { checkId = check, checkType = "PLAYWRIGHT", name = "checkout", location } },
    });

    private async Task<(Triggered Session, TestRunner Runner)> StartAsync(string location)
    {
        var runner = new TestRunner(client, $"runner-{check:N}");
        var session = await TriggerAsync(location);
        await runner.TakeAsync(session, location);
        return (session, runner);
    }

    private async Task RunAsync(string location, bool hasFailures)
    {
        var (session, runner) = await StartAsync(location);
        await FinishAsync(runner, session, hasFailures);
    }

    private static async Task FinishAsync(TestRunner runner, Triggered session, bool hasFailures) =>
        (await runner.TellAsync(session.SessionId, session.Run, "results", new { resultType = "FINAL", hasFailures, responseTime = 1200 }))
            .Status.ShouldBe(HttpStatusCode.Created);

    private static async Task AttemptAsync(TestRunner runner, Triggered session) =>
        (await runner.TellAsync(session.SessionId, session.Run, "results", new { resultType = "ATTEMPT", hasFailures = true }))
            .Status.ShouldBe(HttpStatusCode.Created);

    private async Task<IReadOnlyList<JsonElement>> EntriesAsync(string path)
    {
        var answer = await client.ReadAsync(path);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return [.. answer.Body.GetProperty("entries").EnumerateArray()];
    }
}
