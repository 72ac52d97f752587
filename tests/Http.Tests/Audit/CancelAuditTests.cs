using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Audit;

public sealed class CancelAuditTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task An_entry_tells_who_asked_when_why_for_what_and_how_it_ended()
    {
        var runner = new TestRunner(client, "whole");
        var session = await TriggerAsync("whole");
        await runner.TakeAsync(session, "whole");
        var cancelId = await CancelAsync(session, new { reason = "no longer needed" });
        await runner.AcknowledgeAsync(session.SessionId, session.Run, cancelId);
        await runner.AbortAsync(session.SessionId, session.Run, cancelId);

        var entry = (await ListAsync("project=whole")).ShouldHaveSingleItem();

        entry.GetProperty("cancelId").GetGuid().ShouldBe(cancelId);
        entry.GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
        entry.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("apiKey");
        Texts(entry, "via", "cause", "reason", "outcome", "sessionKind", "sessionName", "project")
            .ShouldBe(["ledger", "user", "no longer needed", "cancelled", "check", "Checkout", "whole"]);
        var run = entry.GetProperty("runs").EnumerateArray().ShouldHaveSingleItem();
        Texts(run, "state", "outcome", "how", "signal", "location").ShouldBe(["cancelled", "cancelled", "graceful", "SIGINT", "whole"]);
        run.GetProperty("evidence").GetProperty("processesLeft").GetInt32().ShouldBe(0);
        string[] facts = ["requestedAt", "deliveredAt", "acknowledgedAt", "stoppedAt", "settledAt"];
        facts.Select(fact => run.GetProperty(fact).GetDateTimeOffset()).ToList().ShouldBeInOrder();

        (await client.ReadAsync($"/ledger/audit/cancels/{cancelId}")).Body.ToString().ShouldBe(entry.ToString());
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_project_reads_that_project_alone()
    {
        var (own, other) = (await TriggerAsync("bound-own"), await TriggerAsync("bound-other"));
        var (mine, foreign) = (await CancelAsync(own, new { }), await CancelAsync(other, new { }));
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "bound", project = "bound-own", scopes = new[] { "read" } });
        using var bound = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());

        var listed = (await bound.ReadAsync("/ledger/audit/cancels")).Body.GetProperty("entries").EnumerateArray().ShouldHaveSingleItem();
        listed.GetProperty("cancelId").GetGuid().ShouldBe(mine);
        (await bound.ReadAsync($"/ledger/audit/cancels/{mine}")).Status.ShouldBe(HttpStatusCode.OK);
        (await bound.ReadAsync($"/ledger/audit/cancels/{foreign}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await bound.ReadAsync("/ledger/audit/cancels?project=bound-other")).Status.ShouldBe(HttpStatusCode.Forbidden);
        using var export = new HttpRequestMessage(HttpMethod.Get, "/ledger/audit/cancels") { Headers = { { "Accept", "text/csv" } } };
        using var csv = await bound.SendAsync(export);
        (await csv.Content.ReadAsStringAsync()).ShouldSatisfyAllConditions(
            text => text.ShouldContain(mine.ToString()),
            text => text.ShouldNotContain(foreign.ToString()));
    }

    [Fact]
    public async Task A_refused_attempt_is_in_it()
    {
        var runner = new TestRunner(client, "refused");
        var session = await TriggerAsync("refused");
        await runner.TakeAsync(session, "refused");
        await runner.ReportAsync(session.SessionId, session.Run);
        (await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null)).Status.ShouldBe(HttpStatusCode.Conflict);

        var entry = (await ListAsync("project=refused&outcome=refused")).ShouldHaveSingleItem();

        entry.GetProperty("runs").GetArrayLength().ShouldBe(0);
        var skipped = entry.GetProperty("skipped").EnumerateArray().ShouldHaveSingleItem();
        skipped.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
        skipped.GetProperty("why").GetString().ShouldBe("alreadyFinished");
    }

    [Fact]
    public async Task Filters_are_taken_together()
    {
        var session = await TriggerAsync("filters");
        await CancelAsync(session, new { cause = "failFast" });
        var entry = (await ListAsync("project=filters")).ShouldHaveSingleItem();
        var at = entry.GetProperty("requestedAt").GetDateTimeOffset();
        var actor = entry.GetProperty("actor");

        (await CountAsync($"project=filters&actor={actor.GetProperty("id").GetString()}")).ShouldBe(1);
        (await CountAsync($"project=filters&actor={Uri.EscapeDataString(actor.GetProperty("name").GetString()!)}")).ShouldBe(1);
        (await CountAsync("project=filters&actor=nobody")).ShouldBe(0);
        (await CountAsync("project=filters&cause=user&cause=failFast&via=ledger&outcome=cancelled")).ShouldBe(1);
        (await CountAsync("project=filters&cause=user")).ShouldBe(0);
        (await CountAsync("project=filters&via=checkly")).ShouldBe(0);
        (await CountAsync("project=filters&outcome=pending&outcome=expired")).ShouldBe(0);
        (await CountAsync($"project=filters&from={at.AddMinutes(-1):yyyy-MM-ddTHH:mm:ssZ}&to={at.AddMinutes(1):yyyy-MM-ddTHH:mm:ssZ}")).ShouldBe(1);
        (await CountAsync($"project=filters&to={at.AddMinutes(-1):yyyy-MM-ddTHH:mm:ssZ}")).ShouldBe(0);
        (await CountAsync("project=filters&from=9999-12-31T23:59:59Z&to=9999-12-31T23:59:59.999Z")).ShouldBe(0);
    }

    [Fact]
    public async Task Pages_follow_each_other_newest_first_while_new_cancels_come()
    {
        var made = new List<Guid>();
        for (var number = 0; number < 5; number++)
        {
            made.Add(await CancelAsync(await TriggerAsync("pages")));
        }

        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = (await client.ReadAsync($"/ledger/audit/cancels?project=pages&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Body;
            seen.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("cancelId").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
            await CancelAsync(await TriggerAsync("pages"));
        }
        while (cursor is not null);

        made.Reverse();
        seen.ShouldBe(made);
    }

    [Fact]
    public async Task Another_account_sees_none_of_it()
    {
        var cancelId = await CancelAsync(await TriggerAsync("mine"));
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString);

        (await other.Client.ReadAsync($"/ledger/audit/cancels/{cancelId}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.Client.ReadAsync("/ledger/audit/cancels")).Body.GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("via=fax")]
    [InlineData("cause=none")]
    [InlineData("outcome=CANCELLED")]
    [InlineData("causes=user")]
    [InlineData("from=yesterday")]
    [InlineData("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("cursor=abc")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("after=-1")]
    [InlineData("actor=%00")]
    public async Task A_parameter_that_makes_no_sense_is_refused(string query)
    {
        var answer = await client.ReadAsync($"/ledger/audit/cancels?{query}");

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task Long_and_strange_texts_are_harmless()
    {
        (await client.ReadAsync($"/ledger/audit/cancels?actor={new string('x', 900)}")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await CountAsync($"actor={Uri.EscapeDataString("'; drop table ledger.cancels; --")}")).ShouldBe(0);
        (await client.ReadAsync("/ledger/audit/cancels/abc")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await client.ReadAsync($"/ledger/audit/cancels/{Guid.NewGuid()}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    private static IReadOnlyList<string?> Texts(JsonElement element, params IEnumerable<string> names) =>
        [.. names.Select(name => element.GetProperty(name).GetString())];

    private Task<Triggered> TriggerAsync(string project) => client.TriggerAsync(new
    {
        kind = "check",
        name = "Checkout",
        project,
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "checkout", location = project } },
    });

    private async Task<Guid> CancelAsync(Triggered session, object? body = null)
    {
        var answer = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", body);
        answer.Status.ShouldBe(HttpStatusCode.Accepted, answer.Body.ToString());
        return answer.Body.GetProperty("cancelId").GetGuid();
    }

    private async Task<int> CountAsync(string query) => (await ListAsync(query)).Count;

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string query) =>
        [.. (await client.ReadAsync($"/ledger/audit/cancels?{query}")).Body.GetProperty("entries").EnumerateArray()];
}
