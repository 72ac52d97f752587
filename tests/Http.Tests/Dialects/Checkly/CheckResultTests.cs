using System.Net;
using System.Text.Json;
using Ledger.Sessions;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>The results of a check, in both lists and one by one (docs/dialects/checkly.md#check-results).</summary>
public sealed class CheckResultTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private static readonly string[] Members =
    [
        "id", "name", "checkId", "hasFailures", "hasErrors", "isDegraded", "isCancelled", "overMaxResponseTime", "runLocation", "startedAt",
        "stoppedAt", "created_at", "responseTime", "checkRunId", "attempts", "resultType", "sequenceId", "traceId", "errorGroupIds",
        "apiCheckResult", "browserCheckResult", "multiStepCheckResult", "agenticCheckResult", "playwrightCheckResult",
        "tracerouteCheckResult", "grpcCheckResult", "sslCheckResult",
    ];

    [Fact]
    public async Task A_result_is_the_same_in_both_lists_and_by_its_id()
    {
        var (check, session, run) = await TriggerAsync();
        await ledger.Runner.StartAsync(session, run);
        var details = JsonSerializer.SerializeToElement(new { errors = Array.Empty<string>() });
        var report = await ledger.Runner.ReportAsync(session, run, ResultType.Final, hasFailures: true, responseTime: 34100, details: details);

        var v1 = (await ledger.GetAsync($"/v1/check-results/{check}")).Json.EnumerateArray().ShouldHaveSingleItem();
        var v2 = await ledger.GetAsync($"/v2/check-results/{check}");
        var single = await ledger.GetAsync($"/v1/check-results/{check}/{report}");

        v2["length"].GetInt32().ShouldBe(1);
        v2["nextId"].ValueKind.ShouldBe(JsonValueKind.Null);
        v2["entries/0"].GetRawText().ShouldBe(v1.GetRawText());
        single.Body.ShouldBe(v1.GetRawText());
        v1.EnumerateObject().Select(member => member.Name).ShouldBe(Members);
        v1.Id("id").ShouldBe(report);
        v1.Id("checkId").ShouldBe(check);
        v1.Id("sequenceId").ShouldBe(run);
        v1.Text("runLocation").ShouldBe("eu-central-1");
        v1.Text("resultType").ShouldBe("FINAL");
        v1.At("hasFailures").GetBoolean().ShouldBeTrue();
        v1.At("isCancelled").GetBoolean().ShouldBeFalse();
        v1.At("responseTime").GetInt64().ShouldBe(34100);
        v1.At("attempts").GetInt32().ShouldBe(1);
        v1.At("playwrightCheckResult/errors").GetArrayLength().ShouldBe(0);
        v1.At("apiCheckResult").ValueKind.ShouldBe(JsonValueKind.Null);
        v1.At("checkRunId").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_run_that_was_cancelled_before_it_started_is_a_result_of_no_length()
    {
        var (check, session, run) = await TriggerAsync();
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");

        var result = (await ledger.GetAsync($"/v2/check-results/{check}"))["entries/0"];

        result.Id("sequenceId").ShouldBe(run);
        result.At("isCancelled").GetBoolean().ShouldBeTrue();
        Flags(result).ShouldBe((false, false, false));
        result.At("responseTime").GetInt64().ShouldBe(0);
        result.At("startedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        result.At("playwrightCheckResult").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task However_a_run_is_settled_its_result_has_the_id_that_its_session_shows_and_is_found_by_it()
    {
        var check = await ledger.RegisterAsync(locations: ["l1", "l2", "l3", "l4", "l5", "l6", "l7"]);
        var session = await ledger.TriggerCheckAsync(check);
        var runs = await ledger.SequencesOfAsync(session);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":["{{runs[0]}}"]}""");
        foreach (var run in runs[1..])
        {
            await ledger.Runner.StartAsync(session, run);
        }

        var cancelled = string.Join(',', runs[1..4].Select(run => $"\"{run}\""));
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":[{{cancelled}}]}""");
        await ledger.Runner.AbortAsync(session, runs[1]);
        await ledger.Runner.ReportAsync(session, runs[2], ResultType.Final, isCancelled: true, hasFailures: true, responseTime: 5);
        await ledger.Runner.ExpireAsync(session, runs[3]);
        await ledger.Runner.LoseAsync(session, runs[4]);
        await ledger.Runner.AttemptAsync(session, runs[5]);
        await ledger.Runner.PassAsync(session, runs[5]);
        await ledger.Runner.AttemptAsync(session, runs[6]);
        var before = await IdsInBothAsync(check, session);
        await ledger.Runner.ReportAsync(session, runs[1], ResultType.Final, isCancelled: true, responseTime: 77);

        before.Count.ShouldBe(8);
        (await IdsInBothAsync(check, session)).ShouldBe(before);
        foreach (var id in before)
        {
            (await ledger.GetAsync($"/v1/check-results/{check}/{id}"))["id"].GetGuid().ShouldBe(id);
        }

        var results = await EntriesAsync($"/v2/check-results/{check}?resultType=ALL&limit=100");
        var finals = results.Where(result => result.Text("resultType") == "FINAL").ToDictionary(result => result.Id("sequenceId"));
        foreach (var run in runs[..4])
        {
            finals[run].At("isCancelled").GetBoolean().ShouldBeTrue();
            Flags(finals[run]).ShouldBe((false, false, false));
        }

        Flags(finals[runs[4]]).ShouldBe((false, true, false));
        finals[runs[5]].At("attempts").GetInt32().ShouldBe(2);
        results.Where(result => result.Text("resultType") == "ATTEMPT").Select(result => result.Id("sequenceId"))
            .ShouldBe([runs[6], runs[5]]);
        results.Select(result => result.At("checkRunId").GetInt64()).ShouldBeUnique();
    }

    [Fact]
    public async Task A_page_reads_nothing_of_runs_that_it_does_not_show()
    {
        var (check, session, runs) = await ledger.StartNewCheckAsync("l1", "l2", "l3", "l4");
        await ledger.Runner.AttemptAsync(session, runs[0]);
        await ledger.Runner.PassAsync(session, runs[0]);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":["{{runs[1]}}"]}""");
        await ledger.Runner.AbortAsync(session, runs[1]);
        await ledger.Runner.PassAsync(session, runs[2]);
        await Eventually.Become(async () => (await ledger.GetAsync("/ledger/projections"))["entries"].EnumerateArray()
            .All(projection => projection.GetProperty("lag").GetInt64() == 0));
        await using var source = NpgsqlDataSource.Create(ledger.ConnectionString);
        await using var spoil = source.CreateCommand(
            "update ledger.mt_events set data = data || '{\"at\": \"spoilt\"}' where stream_id = $1 and data ->> 'sequenceId' = $2 and type = 'result_reported'");
        spoil.Parameters.AddWithValue(session);
        spoil.Parameters.AddWithValue(runs[2].ToString());
        (await spoil.ExecuteNonQueryAsync()).ShouldBe(1);

        (await EntriesAsync($"/v2/check-results/{check}?location=l1&resultType=ALL")).Count.ShouldBe(2);
        (await EntriesAsync($"/v2/check-results/{check}?location=l2")).ShouldHaveSingleItem().At("isCancelled").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Filters_narrow_both_lists()
    {
        var (check, session, runs) = await ledger.StartNewCheckAsync("eu-central-1", "us-east-1");
        await ledger.Runner.AttemptAsync(session, runs[0]);
        await ledger.Runner.FailAsync(session, runs[0]);
        await ledger.Runner.PassAsync(session, runs[1]);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        foreach (var version in (string[])["v1", "v2"])
        {
            (await SequencesAsync("")).ShouldBe([runs[1], runs[0]]);
            (await SequencesAsync("resultType=ALL")).ShouldBe([runs[1], runs[0], runs[0]]);
            (await SequencesAsync("resultType=ATTEMPT")).ShouldBe([runs[0]]);
            (await SequencesAsync("hasFailures=true")).ShouldBe([runs[0]]);
            (await SequencesAsync("hasFailures=false&resultType=ALL")).ShouldBe([runs[1]]);
            (await SequencesAsync("location=us-east-1")).ShouldBe([runs[1]]);
            (await SequencesAsync("checkType=PLAYWRIGHT&limit=1")).ShouldBe([runs[1]]);
            (await SequencesAsync("checkType=API")).ShouldBeEmpty();
            (await SequencesAsync($"from={now - 3600}&to={now + 3600}")).ShouldBe([runs[1], runs[0]]);
            (await SequencesAsync($"from={now + 3600}")).ShouldBeEmpty();
            (await SequencesAsync($"to={now - 3600.5}")).ShouldBeEmpty();

            async Task<IEnumerable<Guid>> SequencesAsync(string query) =>
                (await EntriesAsync($"/{version}/check-results/{check}?{query}")).Select(entry => entry.Id("sequenceId"));
        }
    }

    [Fact]
    public async Task Version_1_has_pages_by_number_and_at_most_six_hours()
    {
        var check = await ledger.RegisterAsync(locations: ["l1", "l2", "l3"]);
        var session = await ledger.TriggerCheckAsync(check);
        var runs = await ledger.SequencesOfAsync(session);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var path = $"/v1/check-results/{check}";

        (await EntriesAsync($"{path}?limit=2&page=0")).ShouldBe(await EntriesAsync($"{path}?limit=2"), comparer: JsonEquality);
        (await EntriesAsync($"{path}?limit=2")).Concat(await EntriesAsync($"{path}?limit=2&page=2"))
            .Select(entry => entry.Id("sequenceId")).ShouldBe(runs, ignoreOrder: true);
        (await EntriesAsync($"{path}?page=2147483647&limit=100")).ShouldBeEmpty();
        (await EntriesAsync($"{path}?from={now - (6 * 3600)}&to={now}")).Count.ShouldBeInRange(0, 3);
        (await ledger.GetAsync($"{path}?from={now - (6 * 3600)}&to={now + 1}")).ShouldBeBadRequestNaming("'from' and 'to'");
        (await EntriesAsync($"{path}?from={now - (7 * 3600)}")).ShouldBeEmpty();
        (await EntriesAsync($"{path}?to={now + (7 * 3600)}")).ShouldBeEmpty();
        (await EntriesAsync($"{path}?from={DateTimeOffset.MaxValue.ToUnixTimeSeconds()}")).ShouldBeEmpty();
        (await EntriesAsync($"{path}?to=0")).ShouldBeEmpty();
        (await EntriesAsync($"/v2/check-results/{check}?from=0&to={now + 3600}")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Version_2_goes_on_where_the_page_before_ended_while_new_results_come()
    {
        var (check, session, runs) = await ledger.StartNewCheckAsync("l1", "l2", "l3");
        await ledger.Runner.PassAsync(session, runs[0]);
        await ledger.Runner.PassAsync(session, runs[1]);
        var first = await ledger.GetAsync($"/v2/check-results/{check}?limit=1");
        await ledger.Runner.PassAsync(session, runs[2]);
        var second = await ledger.GetAsync($"/v2/check-results/{check}?limit=1&nextId={first["nextId"].GetString()}");

        first["entries/0"].Id("sequenceId").ShouldBe(runs[1]);
        second["entries/0"].Id("sequenceId").ShouldBe(runs[0]);
        second["nextId"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("fields=id,createdAt,isCancelled", "id,isCancelled,createdAt")]
    [InlineData("fields=id&fields=created_at", "id,created_at")]
    [InlineData("fields[]=traceId&fields%5B%5D=sequenceId", "sequenceId,traceId")]
    [InlineData("fields=", null)]
    public async Task Fields_choose_the_members(string query, string? members)
    {
        var (check, session, _) = await TriggerAsync();
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");

        var entry = (await ledger.GetAsync($"/v2/check-results/{check}?{query}"))["entries/0"];

        entry.EnumerateObject().Select(member => member.Name).ShouldBe(members?.Split(',') ?? Members);
    }

    [Fact]
    public async Task Runs_of_test_sessions_are_no_check_results_and_another_account_sees_none()
    {
        var (check, session, _) = await TriggerAsync();
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        var test = await ledger.TriggerTestAsync(check);
        await ledger.PostAsync($"/v1/test-sessions/{test["testSessionId"].GetGuid()}/cancel");
        var stranger = await ledger.KeyOfAnotherAccountAsync();

        var list = await ledger.GetAsync($"/v2/check-results/{check}");
        list["length"].GetInt32().ShouldBe(1);
        (await ledger.GetAsync($"/v1/check-results/{check}/{test["results/0/testSessionResultId"].GetGuid()}")).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync($"/v2/check-results/{check}", stranger))["length"].GetInt32().ShouldBe(0);
        (await ledger.GetAsync($"/v1/check-results/{check}/{list["entries/0/id"].GetGuid()}", stranger)).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync($"/v1/check-results/{Guid.NewGuid()}")).Body.ShouldBe("[]");
    }

    [Fact]
    public async Task Details_that_would_bring_a_published_client_down_are_left_out()
    {
        var check = await ledger.RegisterAsync(checkType: "API", locations: ["l1", "l2"]);
        var session = await ledger.TriggerCheckAsync(check);
        var runs = await ledger.SequencesOfAsync(session);
        await ledger.Runner.StartAllAsync(session);
        await ReportAsync(runs[0], new { exitCode = 0 });
        await ReportAsync(runs[1], new { request = new { method = "GET", url = "http://shop" }, response = new { status = 200 } });

        var results = await EntriesAsync($"/v2/check-results/{check}");

        results[1].At("apiCheckResult").ValueKind.ShouldBe(JsonValueKind.Null);
        results[0].Text("apiCheckResult/request/url").ShouldBe("http://shop");

        Task ReportAsync(Guid run, object details) => ledger.Runner.ReportAsync(
            session, run, ResultType.Final, responseTime: 1, details: JsonSerializer.SerializeToElement(details));
    }

    [Theory]
    [InlineData("v1", "limit=0", "limit")]
    [InlineData("v1", "limit=101", "limit")]
    [InlineData("v1", "page=-1", "page")]
    [InlineData("v1", "page=1.5", "page")]
    [InlineData("v1", "from=yesterday", "from")]
    [InlineData("v2", "to=-1", "to")]
    [InlineData("v2", "limit=x", "limit")]
    [InlineData("v2", "checkType=playwright", "checkType")]
    [InlineData("v2", "hasFailures=1", "hasFailures")]
    [InlineData("v2", "resultType=PENDING", "resultType")]
    [InlineData("v2", "nextId=x", "nextId")]
    [InlineData("v2", "nextId=", "nextId")]
    [InlineData("v2", "fields=id,secret", "fields")]
    public async Task A_parameter_out_of_its_bounds_is_400_and_named(string version, string query, string parameter) =>
        (await ledger.GetAsync($"/{version}/check-results/{Guid.NewGuid()}?{query}")).ShouldBeBadRequestNaming($"'{parameter}'");

    private static (bool HasFailures, bool HasErrors, bool IsDegraded) Flags(JsonElement result) => (
        result.At("hasFailures").GetBoolean(), result.At("hasErrors").GetBoolean(), result.At("isDegraded").GetBoolean());

    private static IEqualityComparer<JsonElement> JsonEquality { get; } =
        EqualityComparer<JsonElement>.Create(JsonElement.DeepEquals, json => json.GetRawText().Length);

    private async Task<(Guid Check, Guid Session, Guid Run)> TriggerAsync()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        return (check, session, (await ledger.SequencesOfAsync(session))[0]);
    }

    /// <summary>The ids of a session's results, where the list of the check and the session agree on them.</summary>
    private async Task<IReadOnlyList<Guid>> IdsInBothAsync(Guid check, Guid session)
    {
        var listed = (await EntriesAsync($"/v2/check-results/{check}?resultType=ALL&limit=100")).Select(result => result.Id("id")).ToList();
        (await ledger.GetAsync($"/v2/check-sessions/{session}")).Json.List("results").Select(result => result.Id("checkResultId"))
            .ShouldBe(listed, ignoreOrder: true);
        return listed;
    }

    private async Task<IReadOnlyList<JsonElement>> EntriesAsync(string path)
    {
        var answer = await ledger.GetAsync(path);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Json.ValueKind is JsonValueKind.Array ? [.. answer.Json.EnumerateArray()] : answer.Json.List("entries");
    }
}
