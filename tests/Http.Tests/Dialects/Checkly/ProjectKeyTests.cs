using System.Net;
using Ledger.Http.Tests.Dialects.Checkly.Scheduling;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>A key that is bound to a project knows of no session outside it, and begins none outside it.</summary>
public sealed class ProjectKeyTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task A_check_session_outside_the_project_is_unknown_and_is_not_cancelled()
    {
        var (key, other) = (await ledger.KeyOfProjectAsync("web"), await ledger.KeyOfProjectAsync("shop"));
        var session = await TriggerCheckAsync(other);
        var ofNoProject = await ledger.TriggerNewCheckAsync("eu-central-1");

        foreach (var unknown in (Guid[])[session, ofNoProject])
        {
            foreach (var path in (string[])[$"/v1/check-sessions/{unknown}", $"/v2/check-sessions/{unknown}", $"/v2/check-sessions/{unknown}/completion"])
            {
                (await ledger.GetAsync(path, key)).ShouldBeNotFound("No such check session.");
            }

            (await ledger.PostAsync($"/v1/check-sessions/{unknown}/cancel", key: key)).ShouldBeNotFound("No such check session.");
            (await ledger.EventsOfAsync(unknown)).ShouldBe(["SessionTriggered"]);
        }

        (await ledger.GetAsync($"/v2/check-sessions/{session}", other)).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", key: other)).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_test_session_its_results_its_links_and_its_scheduling_are_unknown_outside_the_project()
    {
        var key = await ledger.KeyOfProjectAsync("web");
        var run = await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob()), await ledger.KeyOfProjectAsync("demo"));
        var session = run["testSessionId"].GetGuid();
        var result = run["testResultIds/tcp"].GetGuid();
        string[] paths =
        [
            $"/v1/test-sessions/{session}", $"/v1/test-sessions/{session}/completion", $"/v1/test-sessions/{session}/results/{result}",
            $"/next/test-sessions/{session}/link", $"/next/test-sessions/{session}/results/{result}/links",
            $"/v1/test-sessions/scheduling/{run["schedulingId"]}/completion",
        ];

        foreach (var path in paths)
        {
            (await ledger.GetAsync(path, key)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await ledger.PostAsync($"/v1/test-sessions/{session}/cancel", key: key)).ShouldBeNotFound("No such test session.");
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered"]);
    }

    [Fact]
    public async Task A_list_shows_the_sessions_of_the_project_alone()
    {
        var (key, other) = (await ledger.KeyOfProjectAsync("web"), await ledger.KeyOfProjectAsync("shop"));
        var check = await ledger.RegisterAsync();
        var own = await TriggerTestAsync(check, key);
        var foreign = await TriggerTestAsync(check, other);
        var ofNoProject = (await ledger.TriggerTestAsync(check))["testSessionId"].GetGuid();

        (await IdsAsync(key)).ShouldBe([own]);
        (await IdsAsync(other)).ShouldBe([foreign]);
        (await IdsAsync(null)).ShouldBe([ofNoProject, foreign, own], ignoreOrder: false);
    }

    [Fact]
    public async Task A_run_for_another_project_is_refused_and_appends_nothing()
    {
        var key = await ledger.KeyOfProjectAsync("web");
        var head = await ledger.HeadAsync();

        var refused = await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob()), key);

        refused.ShouldBeBadRequestNaming("project");
        (await ledger.HeadAsync()).ShouldBe(head);
    }

    [Fact]
    public async Task What_a_bound_key_triggers_by_tags_belongs_to_its_project()
    {
        var key = await ledger.KeyOfProjectAsync("web");
        var tag = $"tag-{Guid.NewGuid():N}";
        await ledger.RegisterAsync(tags: [tag]);

        var made = await ledger.TriggerAsync(CommandLine.TriggerOf(tag), key);

        (await ledger.Runner.ReadAsync(made["testSessionId"].GetGuid())).Project.ShouldBe("web");
    }

    private async Task<Guid> TriggerCheckAsync(string key)
    {
        var answer = await ledger.PostAsync(
            "/v2/check-sessions/trigger", $$$"""{"target":{"checkId":["{{{await ledger.RegisterAsync()}}}"]}}""", key);
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return answer.Json.Id("sessions/0/checkSessionId");
    }

    private async Task<Guid> TriggerTestAsync(Guid check, string key)
    {
        var answer = await ledger.PostAsync(
            "/v1/test-sessions/trigger", $$$"""{"name":"Smoke","runLocation":"eu-central-1","target":{"checkId":["{{{check}}}"]}}""", key);
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return answer["testSessionId"].GetGuid();
    }

    private async Task<Guid[]> IdsAsync(string? key) =>
        [.. (await ledger.GetAsync("/v1/test-sessions?textSearch=Smoke", key)).Json.List("entries").Select(entry => entry.Id("id"))];
}
