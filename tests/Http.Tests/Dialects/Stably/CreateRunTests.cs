using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>What creates a run, and what of it the ledger keeps (docs/dialects/stably.md#runs).</summary>
public sealed class CreateRunTests(StablyLedger ledger) : IClassFixture<StablyLedger>
{
    private readonly string project = StablyLedger.NewProject();

    [Theory]
    [InlineData(null, null)]
    [InlineData("", "application/json")]
    [InlineData("{}", "application/x-www-form-urlencoded")]
    [InlineData("{}", null)]
    [InlineData("""{"branch":"main","unknown":[1]}""", "text/plain")]
    public async Task A_run_is_created_from_any_of_the_documented_bodies(string? body, string? contentType)
    {
        var answer = await ledger.PostAsync($"/v1/projects/{project}/runs", body, contentType);

        var run = answer.Body.GetProperty("runId").GetGuid();
        answer.ShouldBeOk($$"""{"runId":"{{run}}"}""");
        (await ledger.ReadAsync(project, run)).Body.GetProperty("startedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        (await ledger.StatusAsync(project, run)).ShouldBe("QUEUED");
    }

    [Fact]
    public async Task It_is_one_session_with_one_run_of_the_project()
    {
        var run = await ledger.CreateAsync(project, """{"playwrightProjectName":"chromium"}""");

        var session = await ledger.Runner.ReadAsync(run);
        session.Kind.ShouldBe(SessionKind.Run);
        session.Project.ShouldBe(project);
        session.Name.ShouldBe("chromium");
        session.Runs.ShouldHaveSingleItem().Plan.Location.ShouldBe("default");
    }

    [Fact]
    public async Task Its_facts_and_its_origin_are_kept()
    {
        var answer = await ledger.PostAsync(
            $"/v1/projects/{project}/runs",
            """{"branch":"main","environment":"staging","playwrightProjectName":"chromium"}""",
            headers: [("x-stably-cli-version", "4.12.31"), ("X-STABLY-SOURCE", "cli")]);

        var session = await ledger.Runner.ReadAsync(answer.Body.GetProperty("runId").GetGuid());
        JsonElement.DeepEquals(
            session.Metadata!.Value,
            JsonSerializer.SerializeToElement(new
            {
                branchName = "main",
                environment = "staging",
                playwrightProjectName = "chromium",
                origin = new { source = "cli", cliVersion = "4.12.31" },
            })).ShouldBeTrue(session.Metadata.ToString());
    }

    [Fact]
    public async Task The_projects_check_for_the_environment_is_what_it_executes()
    {
        await RegisterAsync("production", $"project:{project}", "environment:production");
        var staging = await RegisterAsync("staging", $"project:{project}", "environment:staging");

        var run = await ledger.CreateAsync(
            project, """{"environment":"staging","envOverrides":{"BASE_URL":"http://shop.test","RETRIES":2,"DEBUG":true,"NAME":null}}""");

        var plan = (await ledger.Runner.ReadAsync(run)).Runs[0].Plan;
        plan.CheckId.ShouldBe(staging);
        plan.Location.ShouldBe("staging");
        var spec = plan.Spec!.Value;
        spec.GetProperty("command")[0].GetString().ShouldBe("staging");
        JsonElement.DeepEquals(
            spec.GetProperty("environment"),
            JsonSerializer.SerializeToElement(new Dictionary<string, string?>
            {
                ["OWN"] = "1",
                ["BASE_URL"] = "http://shop.test",
                ["RETRIES"] = "2",
                ["DEBUG"] = "true",
                ["NAME"] = null,
            })).ShouldBeTrue(spec.ToString());
        spec.GetProperty("request").GetProperty("environment").GetString().ShouldBe("staging");
    }

    [Theory]
    [InlineData("{", "JSON")]
    [InlineData("[]", "$")]
    [InlineData("null", "null")]
    [InlineData("""{"branch":7}""", "$.branch")]
    [InlineData("""{"branch":""}""", "branch")]
    [InlineData("""{"environment":" "}""", "environment")]
    [InlineData("""{"envOverrides":[]}""", "$.envOverrides")]
    [InlineData("""{"envOverrides":{"A":{}}}""", "envOverrides.A")]
    [InlineData("""{"envOverrides":{"A=B":"1"}}""", "envOverrides")]
    [InlineData("""{"envOverrides":{"":"1"}}""", "envOverrides")]
    public async Task Anything_else_is_400_and_creates_nothing(string body, string what)
    {
        (await ledger.PostAsync($"/v1/projects/{project}/runs", body)).ShouldBeBadRequestNaming(what);

        (await ledger.ListedAsync(project)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_is_needed_and_one_without_the_scope_is_401_too()
    {
        using var reader = await ledger.ClientWithAsync("read");
        using var stranger = ledger.Running.ClientWith(null);
        using var wrong = ledger.Running.ClientWith("nobody-has-this-key");

        foreach (var client in new[] { reader, stranger, wrong })
        {
            (await client.PostBodyAsync($"/v1/projects/{project}/runs", null)).ShouldBeError(HttpStatusCode.Unauthorized, "Bad Token");
        }
    }

    [Fact]
    public async Task The_bare_key_that_the_reference_page_shows_is_accepted()
    {
        using var client = ledger.Running.ClientWith(null);

        var answer = await client.PostBodyAsync($"/v1/projects/{project}/runs", null, ("authorization", ledger.Running.ApiKey));

        answer.Status.ShouldBe(HttpStatusCode.OK);
    }

    private Task<Guid> RegisterAsync(string name, params string[] tags) => ledger.RegisterAsync(
        name,
        new { command = new[] { name }, environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["OWN"] = "1", ["NAME"] = "x" } },
        tags);
}
