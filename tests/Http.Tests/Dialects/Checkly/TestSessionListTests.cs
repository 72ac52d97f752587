using System.Net;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>The list of test sessions and its filters (docs/dialects/checkly.md#list-of-test-sessions).</summary>
public sealed class TestSessionListTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task An_entry_tells_by_sequence_ids_where_each_run_stands()
    {
        var branch = NewName();
        var session = await TriggerAsync(branch, checks: 5);
        var sequences = await ledger.SequencesOfAsync(session);
        await ledger.PostAsync($"/v1/test-sessions/{session}/cancel", $$"""{"sequenceId":["{{sequences[0]}}"]}""");
        foreach (var sequence in sequences[1..4])
        {
            await ledger.Runner.StartAsync(session, sequence);
        }

        await ledger.Runner.PassAsync(session, sequences[1]);
        await ledger.Runner.FailAsync(session, sequences[2]);
        await ledger.Runner.LoseAsync(session, sequences[3]);

        var list = await ledger.GetAsync($"/v1/test-sessions?branches={branch}");

        list["length"].GetInt32().ShouldBe(1);
        list["nextId"].ValueKind.ShouldBe(JsonValueKind.Null);
        var entry = list["entries/0"];
        entry.Id("id").ShouldBe(session);
        entry.Id("accountId").ShouldBe(ledger.AccountId);
        entry.Text("status").ShouldBe("RUNNING");
        entry.Text("region").ShouldBe("eu-central-1");
        entry.Text("provider").ShouldBe("API");
        entry.Text("branchName").ShouldBe(branch);
        entry.Ids("cancelled").ShouldBe([sequences[0]]);
        entry.Ids("passed").ShouldBe([sequences[1]]);
        entry.Ids("failed").ShouldBe([sequences[2], sequences[3]]);
        entry.Ids("running").ShouldBe([sequences[4]]);
        entry.At("stoppedAt").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("statuses=CANCELLED&statuses=PASSED")]
    [InlineData("statuses[]=CANCELLED&statuses[]=PASSED")]
    [InlineData("statuses%5B%5D=CANCELLED&statuses%5B%5D=PASSED")]
    [InlineData("statuses=CANCELLED,PASSED")]
    [InlineData("statuses[]=CANCELLED,PASSED")]
    [InlineData("statuses=CANCELLED&statuses[]=PASSED")]
    public async Task Arrays_are_read_in_every_style(string statuses)
    {
        var branch = NewName();
        var cancelled = await TriggerAsync(branch);
        var passed = await TriggerAsync(branch);
        await TriggerAsync(branch);
        await ledger.PostAsync($"/v1/test-sessions/{cancelled}/cancel");
        await ledger.Runner.StartAllAsync(passed);
        await ledger.Runner.PassAsync(passed, (await ledger.SequencesOfAsync(passed))[0]);

        (await IdsOf($"{statuses}&branches[]={branch}")).ShouldBe([passed, cancelled]);
    }

    [Fact]
    public async Task Pages_go_on_where_the_one_before_ended_while_new_sessions_come()
    {
        var branch = NewName();
        var sessions = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            sessions.Insert(0, await TriggerAsync(branch));
        }

        var first = await ledger.GetAsync($"/v1/test-sessions?branches={branch}&limit=2");
        await TriggerAsync(branch);
        var second = await ledger.GetAsync($"/v1/test-sessions?branches={branch}&limit=2&nextId={first["nextId"].GetString()}");
        var third = await ledger.GetAsync($"/v1/test-sessions?branches={branch}&limit=2&nextId={second["nextId"].GetString()}");

        Answer[] pages = [first, second, third];
        pages.SelectMany(page => page.Json.List("entries")).Select(entry => entry.Id("id")).ShouldBe(sessions);
        pages.Select(page => page["length"].GetInt32()).ShouldBe([2, 2, 1]);
        third["nextId"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Filters_by_branch_user_provider_text_and_time()
    {
        var (branch, owner) = (NewName(), NewName());
        var before = DateTimeOffset.UtcNow.AddSeconds(-2).ToUnixTimeSeconds();
        var after = DateTimeOffset.UtcNow.AddSeconds(3600).ToUnixTimeSeconds();
        var mine = await TriggerAsync(branch, $$"""
            "commitOwner":"{{owner}}","commitMessage":"Fix 100% of {{owner.ToUpperInvariant()}}","github":{"reporting":true}
            """);
        var nobodys = await TriggerAsync(branch);
        var person = await ledger.KeyOfPersonAsync("Dana");
        var danas = await TriggerAsync(branch, key: person);
        var of = $"branches={branch}";

        (await IdsOf($"branches={branch},{NewName()}")).ShouldBe([danas, nobodys, mine]);
        (await IdsOf($"{of}&users[]={owner}")).ShouldBe([mine]);
        (await IdsOf($"{of}&users={owner}&noUsers=true")).ShouldBe([nobodys, mine]);
        (await IdsOf($"{of}&noUsers=true")).ShouldBe([nobodys]);
        (await IdsOf($"{of}&noUsers=false")).ShouldBe([danas, nobodys, mine]);
        (await IdsOf($"{of}&providers=GITHUB")).ShouldBe([mine]);
        (await IdsOf($"{of}&providers[]=API&providers[]=TRIGGER")).ShouldBe([danas, nobodys]);
        (await IdsOf($"{of}&textSearch=100%25 of {owner}")).ShouldBe([mine]);
        (await IdsOf($"textSearch={branch[2..]}")).ShouldBe([danas, nobodys, mine]);
        (await IdsOf($"{of}&from={before}&to={after}")).ShouldBe([danas, nobodys, mine]);
        (await IdsOf($"{of}&from={after}")).ShouldBeEmpty();
        (await IdsOf($"{of}&to={before}.5")).ShouldBeEmpty();
        (await IdsOf($"{of}&errorGroupId={Guid.NewGuid()}")).ShouldBeEmpty();
        var entry = (await ledger.GetAsync($"/v1/test-sessions?{of}&limit=1"))["entries/0"];
        entry.Text("invoker/name").ShouldBe("Dana");
        (await ledger.GetAsync($"/v1/test-sessions?{of}&providers=GITHUB"))["entries/0/provider"].GetString().ShouldBe("GITHUB");
    }

    [Fact]
    public async Task Only_recorded_test_sessions_of_the_own_account_are_listed()
    {
        var branch = NewName();
        await ledger.TriggerNewCheckAsync("eu-central-1");
        foreach (var source in (string[])["TRIGGER_NO_RECORD", "TEST_NO_RECORD", "TRIGGER_RECORD"])
        {
            (await ledger.PostAsync("/ledger/sessions", $$$"""
                {"kind":"test","name":"{{{source}}}","source":"{{{source}}}","metadata":{"branchName":"{{{branch}}}"},
                 "runs":[{"checkType":"API","name":"x","location":"eu-central-1"}]}
                """)).Status.ShouldBe(HttpStatusCode.Created);
        }

        var list = await ledger.GetAsync($"/v1/test-sessions?branches={branch}");

        list.Json.List("entries").Select(entry => entry.Text("name")).ShouldBe(["TRIGGER_RECORD"]);
        var strangers = await ledger.GetAsync($"/v1/test-sessions?branches={branch}", await ledger.KeyOfAnotherAccountAsync());
        strangers["length"].GetInt32().ShouldBe(0);
    }

    [Theory]
    [InlineData("statuses=CANCELED", "statuses")]
    [InlineData("statuses[]=cancelled", "statuses")]
    [InlineData("statuses=TIMED_OUT", "statuses")]
    [InlineData("providers=GITLAB", "providers")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=-1", "from")]
    [InlineData("to=1786000000000", "to")]
    [InlineData("noUsers=1", "noUsers")]
    [InlineData("textSearch=ab", "textSearch")]
    [InlineData("nextId=x", "nextId")]
    [InlineData("nextId=", "nextId")]
    public async Task A_parameter_out_of_its_bounds_is_400_and_named(string query, string parameter) =>
        (await ledger.GetAsync($"/v1/test-sessions?{query}")).ShouldBeBadRequestNaming($"'{parameter}'");

    [Fact]
    public async Task A_search_has_at_most_200_characters()
    {
        (await ledger.GetAsync($"/v1/test-sessions?textSearch={new string('x', 200)}")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.GetAsync($"/v1/test-sessions?textSearch={new string('x', 201)}")).ShouldBeBadRequestNaming("textSearch");
    }

    [Fact]
    public async Task A_list_needs_a_key_that_may_read()
    {
        (await ledger.GetAsync("/v1/test-sessions", key: "")).ShouldBeUnauthorized();
        (await ledger.GetAsync("/v1/test-sessions", await ledger.KeyWithAsync("command")))
            .ShouldBeForbidden();
    }

    private static string NewName() => $"n-{Guid.NewGuid():N}";

    private async Task<Guid> TriggerAsync(string branch, string? metadata = null, int checks = 1, string? key = null)
    {
        var ids = new List<Guid>();
        for (var i = 0; i < checks; i++)
        {
            ids.Add(await ledger.RegisterAsync());
        }

        var answer = await ledger.PostAsync(
            "/v1/test-sessions/trigger",
            $$$"""
            {"name":"Smoke","runLocation":"eu-central-1","target":{"checkId":[{{{string.Join(',', ids.Select(id => $"\"{id}\""))}}}]},
             "metadata":{"branchName":"{{{branch}}}"{{{(metadata is null ? "" : $",{metadata}")}}}}}
            """,
            key);
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return answer["testSessionId"].GetGuid();
    }

    private async Task<IReadOnlyList<Guid>> IdsOf(string query)
    {
        var answer = await ledger.GetAsync($"/v1/test-sessions?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return [.. answer.Json.List("entries").Select(entry => entry.Id("id"))];
    }
}
