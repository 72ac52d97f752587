using System.Net;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What triggers check sessions, and which checks are meant (docs/dialects/checkly.md#triggers).</summary>
public sealed class CheckSessionTriggerTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task There_is_one_session_for_each_check_and_one_run_for_each_location(string version)
    {
        var tag = NewTag();
        var first = await ledger.RegisterAsync(tags: [tag], locations: ["eu-central-1", "us-east-1"]);
        var second = await ledger.RegisterAsync("API", tags: [tag], locations: ["ap-south-1"]);

        var answer = await ledger.PostAsync($"/{version}/check-sessions/trigger", $$$"""{"target":{"matchTags":[["{{{tag}}}"]]}}""");

        answer.Status.ShouldBe(HttpStatusCode.Created);
        var sessions = answer.Json.List("sessions").ToDictionary(session => session.Id("checkId"));
        sessions.Keys.ShouldBe([first, second], ignoreOrder: true);
        var session = sessions[first];
        session.Text("checkType").ShouldBe("PLAYWRIGHT");
        session.Text("status").ShouldBe("STARTED");
        session.Text("runSource").ShouldBe("TRIGGER_API");
        session.At("stoppedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        session.List("runLocations").Select(location => location.GetString()).ShouldBe(["eu-central-1", "us-east-1"]);
        session.TryGetProperty("results", out _).ShouldBeFalse();
        var path = $"accounts/{ledger.AccountId}/checks/{first}/check-sessions/{session.Id("checkSessionId")}";
        session.Text("checkSessionLink").ShouldBe(new Uri(ledger.Running.Address, path).ToString());
    }

    [Fact]
    public async Task Tag_groups_are_alternatives_of_tags_that_must_all_be_there_or_not()
    {
        var (a, b, slow) = (NewTag(), NewTag(), NewTag());
        var both = await ledger.RegisterAsync(tags: [a, b]);
        var onlyA = await ledger.RegisterAsync(tags: [a]);
        var slowB = await ledger.RegisterAsync(tags: [b, slow]);

        (await TriggeredBy($$"""{"matchTags":[["{{a}}","{{b}}"]]}""")).ShouldBe([both]);
        (await TriggeredBy($$"""{"matchTags":[["{{a}}"],["{{b}}"]]}""")).ShouldBe([both, onlyA, slowB], ignoreOrder: true);
        (await TriggeredBy($$"""{"matchTags":[["{{a}}"],["{{b}}","!{{slow}}"]]}""")).ShouldBe([both, onlyA], ignoreOrder: true);
        (await TriggeredBy($$"""{"matchTags":[["{{b}}","!{{a}}"]]}""")).ShouldBe([slowB]);
        (await TriggeredBy($$"""{"matchTags":["{{a}}"]}""")).ShouldBe([both, onlyA], ignoreOrder: true);
    }

    [Fact]
    public async Task A_check_id_may_stand_alone_or_in_an_array_and_applies_together_with_tags()
    {
        var tag = NewTag();
        var tagged = await ledger.RegisterAsync(tags: [tag]);
        var other = await ledger.RegisterAsync();

        (await TriggeredBy($$"""{"checkId":"{{tagged}}"}""")).ShouldBe([tagged]);
        (await TriggeredBy($$"""{"checkId":["{{tagged}}","{{other}}","{{Guid.NewGuid()}}"]}"""))
            .ShouldBe([tagged, other], ignoreOrder: true);
        (await TriggeredBy($$"""{"checkId":["{{tagged}}","{{other}}"],"matchTags":[["{{tag}}"]]}""")).ShouldBe([tagged]);
    }

    [Fact]
    public async Task Deactivated_checks_and_heartbeats_are_not_eligible()
    {
        var deactivated = await ledger.RegisterAsync(activated: false);
        var heartbeat = await ledger.RegisterAsync("HEARTBEAT");

        foreach (var check in (Guid[])[deactivated, heartbeat])
        {
            (await ledger.PostAsync("/v2/check-sessions/trigger", $$$"""{"target":{"checkId":"{{{check}}}","allowDeactivated":true}}"""))
                .ShouldBeNotFound("No matching checks were found.");
        }
    }

    [Theory]
    [InlineData("""{"target":{"checkId":[]}}""")]
    [InlineData("""{"target":{"matchTags":[]}}""")]
    [InlineData("""{"target":{"matchTags":[[]]}}""")]
    [InlineData("""{"target":{"matchTags":[["no such tag"]]}}""")]
    public async Task A_filter_that_lets_nothing_through_is_404_and_starts_nothing(string body)
    {
        await ledger.RegisterAsync();

        foreach (var version in (string[])["v1", "v2"])
        {
            (await ledger.PostAsync($"/{version}/check-sessions/trigger", body))
                .ShouldBeNotFound("No matching checks were found.");
        }
    }

    [Theory]
    [InlineData("""{"target":null}""", "target")]
    [InlineData("""{"target":{"checkId":null}}""", "target.checkId")]
    [InlineData("""{"target":{"checkId":"x"}}""", "target.checkId")]
    [InlineData("""{"target":{"checkId":["x"]}}""", "target.checkId")]
    [InlineData("""{"target":{"matchTags":null}}""", "target.matchTags")]
    [InlineData("""{"target":{"matchTags":[[5]]}}""", "target.matchTags")]
    [InlineData("""{"target":{"matchTags":[[null]]}}""", "target.matchTags")]
    [InlineData("""{"refreshCache":"yes"}""", "refreshCache")]
    [InlineData("[]", "$")]
    [InlineData("{", "JSON")]
    public async Task A_body_of_the_wrong_form_is_400_and_names_what_is_wrong(string body, string wrong)
    {
        (await ledger.PostAsync("/v1/check-sessions/trigger", body)).ShouldBeBadRequestNaming(wrong);
        (await ledger.PostAsync("/v2/check-sessions/trigger", body)).ShouldBeBadRequestNaming(wrong);
    }

    [Fact]
    public async Task An_empty_body_starts_everything_in_version_1_and_is_refused_in_version_2()
    {
        var check = await ledger.RegisterAsync();

        var first = await ledger.PostAsync("/v1/check-sessions/trigger");
        var second = await ledger.PostAsync("/v2/check-sessions/trigger");

        first.Status.ShouldBe(HttpStatusCode.Created);
        first.Json.List("sessions").Select(session => session.Id("checkId")).ShouldContain(check);
        second.ShouldBeBadRequestNaming("body");
    }

    [Fact]
    public async Task Unknown_members_are_ignored_and_limits_and_options_reach_the_run()
    {
        var check = await ledger.RegisterAsync(maxResponseTime: 900, spec: new { command = (string[])["true"], timeoutSeconds = 20 });

        var answer = await ledger.PostAsync(
            "/v2/check-sessions/trigger", $$$"""{"target":{"checkId":"{{{check}}}","later":1},"refreshCache":true,"later":{}}""");

        var run = (await ledger.Runner.ReadAsync(answer.Json.Id("sessions/0/checkSessionId"))).Runs[0].Plan;
        run.MaxResponseTimeMs.ShouldBe(900);
        run.TimeoutSeconds.ShouldBe(20);
        run.Spec!.Value.At("refreshCache").GetBoolean().ShouldBeTrue();
        run.Spec!.Value.Text("command/0").ShouldBe("true");
    }

    [Fact]
    public async Task All_sessions_of_a_trigger_are_written_as_one()
    {
        var tag = NewTag();
        for (var i = 0; i < 5; i++)
        {
            await ledger.RegisterAsync(tags: [tag]);
        }

        var answer = await ledger.PostAsync("/v2/check-sessions/trigger", $$$"""{"target":{"matchTags":[["{{{tag}}}"]]}}""");

        var last = long.Parse(answer.Response.Headers.GetValues("Ledger-Position").Single());
        var numbers = new List<long>();
        foreach (var session in answer.Json.List("sessions"))
        {
            numbers.Add((await ledger.GetAsync($"/ledger/sessions/{session.Id("checkSessionId")}")).Json.At("number").GetInt64());
        }

        numbers.Order().ShouldBe(Enumerable.Range(0, 5).Select(i => last - 4 + i));
    }

    [Fact]
    public async Task A_trigger_needs_a_key_that_may_command()
    {
        foreach (var version in (string[])["v1", "v2"])
        {
            var path = $"/{version}/check-sessions/trigger";
            (await ledger.PostAsync(path, key: "")).ShouldBeUnauthorized();
            (await ledger.PostAsync(path, key: await ledger.KeyWithAsync("read")))
                .ShouldBeForbidden();
        }
    }

    private static string NewTag() => $"tag-{Guid.NewGuid():N}";

    private async Task<IEnumerable<Guid>> TriggeredBy(string target)
    {
        var answer = await ledger.PostAsync("/v2/check-sessions/trigger", $$"""{"target":{{target}}}""");
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return answer.Json.List("sessions").Select(session => session.Id("checkId"));
    }
}
