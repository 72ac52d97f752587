using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.PlainRuns;

/// <summary>
/// What a runner gets to execute for a plain run, and where it goes. Triggered in Empirical's dialect, which can say all of it.
/// </summary>
public sealed class PlainRunSpecTests(LedgerOfClass host) : IClassFixture<LedgerOfClass>
{
    private const string Published = """
        {"environment": "staging", "branch": "main", "unknown": [1, null],
         "environment_variables_overrides": [{"name": "TOKEN", "value": "new"}, {"name": "EMPTY", "value": ""}]}
        """;

    [Fact]
    public async Task Without_a_registered_check_the_request_and_its_variables_go_to_the_settings_location()
    {
        var run = await TriggerAndClaimAsync("31", "default", Published);

        run.GetProperty("checkType").GetString().ShouldBe("PLAYWRIGHT");
        run.GetProperty("name").GetString().ShouldBe("Test run on staging");
        ShouldBe(run.GetProperty("spec"), $$"""{"request": {{Published}}, "environment": {"TOKEN": "new", "EMPTY": ""} }""");
    }

    [Fact]
    public async Task A_registered_check_is_executed_where_it_says_with_the_request_and_the_variables_added()
    {
        var location = $"here-{Guid.NewGuid():N}";
        await RegisterAsync(
            ["project:32", "environment:staging"],
            location,
            new
            {
                command = new[] { "npx", "playwright", "test" },
                environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["TOKEN"] = "old", ["OTHER"] = "kept" },
                timeoutSeconds = 90,
            });

        var run = await TriggerAndClaimAsync("32", location, Published);

        ShouldBe(
            run.GetProperty("spec"),
            $$"""
            {"command": ["npx", "playwright", "test"], "environment": {"TOKEN": "new", "OTHER": "kept", "EMPTY": ""},
             "timeoutSeconds": 90, "request": {{Published}}}
            """);
    }

    [Fact]
    public async Task A_check_for_another_environment_is_left_alone()
    {
        await RegisterAsync(["project:33", "environment:production"], "elsewhere", new { command = new[] { "true" } });

        var run = await TriggerAndClaimAsync("33", "default", """{"environment": "staging"}""");

        ShouldBe(run.GetProperty("spec"), """{"request": {"environment": "staging"}}""");
    }

    [Fact]
    public async Task A_check_whose_spec_can_hold_no_request_is_400_and_triggers_nothing()
    {
        await RegisterAsync(["project:34"], "default", new[] { "npx", "playwright", "test" });

        var answer = await TriggerAsync("34", """{"environment": "staging"}""");

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        (await host.Ledger.Client.ReadAsync("/ledger/sessions?project=34")).Body.GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    private async Task<JsonElement> TriggerAndClaimAsync(string project, string location, string body)
    {
        (await TriggerAsync(project, body)).Status.ShouldBe(HttpStatusCode.OK);
        return (await new TestRunner(host.Ledger.Client, $"runner-{project}").ClaimAsync(location, waitSeconds: 5)).ShouldHaveSingleItem();
    }

    private Task<Answer> TriggerAsync(string project, string body) =>
        host.Ledger.Client.CallAsync(HttpMethod.Put, "/api/test-runs", new StringContent(body), ("x-project-id", project));

    private async Task RegisterAsync(string[] tags, string location, object spec)
    {
        var made = await host.Ledger.Client.CallAsync(
            HttpMethod.Put,
            $"/ledger/checks/{Guid.NewGuid()}",
            new { name = "Suite", checkType = "PLAYWRIGHT", tags, locations = new[] { location }, spec });
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body.ToString());
    }

    private static void ShouldBe(JsonElement spec, string expected) =>
        JsonElement.DeepEquals(spec, JsonSerializer.Deserialize<JsonElement>(expected)).ShouldBeTrue(spec.ToString());
}
