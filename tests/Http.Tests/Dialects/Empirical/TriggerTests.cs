using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>What triggers a test run, and what is kept of it (docs/dialects/empirical.md#trigger).</summary>
public sealed class TriggerTests(EmpiricalLedger ledger) : IClassFixture<EmpiricalLedger>
{
    private readonly EmpiricalClient client = ledger.NewProject();

    [Fact]
    public async Task The_answer_is_the_published_one()
    {
        var answer = await client.PutAsync("""{"environment": "staging", "branch": "main"}""");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        var run = answer.Body.GetProperty("data").GetProperty("test_run");
        var id = run.GetProperty("id").GetInt64();
        var createdAt = run.GetProperty("created_at").GetString()!;
        answer.Body.ShouldBeJson(
            $$"""
            {"data": {
              "trigger": {"success": true},
              "test_run": {"id": {{id}}, "state": "queued", "test_run_branch": "main", "created_at": "{{createdAt}}"}
            } }
            """);
        createdAt.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
    }

    [Fact]
    public async Task One_session_of_kind_run_is_what_the_ledger_makes_of_it()
    {
        var dana = ledger.ClientOf(client.Project, await ledger.KeyAsync(owner: "Dana"));
        var run = await dana.TriggerAsync();

        var session = await ledger.Running.Client.SessionAsync((await ledger.SessionAsync(run)).Id);

        session.GetProperty("kind").GetString().ShouldBe("run");
        session.GetProperty("number").GetInt64().ShouldBe(run);
        session.GetProperty("project").GetString().ShouldBe($"{client.Project}");
        session.GetProperty("name").GetString().ShouldBe("Test run on staging");
        session.GetProperty("source").GetString().ShouldBe("TRIGGER_API");
        session.GetProperty("actor").GetProperty("name").GetString().ShouldBe("Dana");
        session.GetProperty("runs").EnumerateArray().ShouldHaveSingleItem().GetProperty("state").GetString().ShouldBe("queued");
    }

    [Fact]
    public async Task Everything_that_was_published_is_kept_but_the_values_of_variables()
    {
        const string kept = """
            "environment": "staging",
            "build": {"url": "https://shop.test", "branch": "main", "commit": "abcdef1", "commit_url": "https://git.test", "version": "1"},
            "metadata": {"ticket": "SHOP-1", "attempt": 2.5},
            "tags": ["smoke", "checkout"],
            "send_notifications": false,
            "total_shards": 4,
            "rerun_source_id": 12,
            "rerun_only_failed": true,
            "github_actor": "dana",
            "test_case_ids": ["t-1", 7]
            """;
        var run = await client.TriggerAsync(
            $$"""
            { {{kept}}, "project_id": {{client.Project}}, "unknown": [1],
              "environment_variables_overrides": [{"name": "TOKEN", "value": "secret"}] }
            """);

        var metadata = (await ledger.SessionAsync(run)).Metadata!.Value;

        JsonElement.DeepEquals(
            metadata,
            JsonSerializer.Deserialize<JsonElement>($$"""{ {{kept}}, "branchName": "main", "commitId": "abcdef1" }"""))
            .ShouldBeTrue(metadata.ToString());
    }

    [Fact]
    public async Task The_integers_of_a_project_may_stand_in_the_body_when_they_agree()
    {
        (await client.PutAsync($$"""{"environment": "staging", "project_id": {{client.Project}}}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await client.PutAsync($$"""{"environment": "staging", "project_id": {{client.Project + 1}}}"""))
            .ShouldBeError(HttpStatusCode.BadRequest).ShouldContain("project_id");
    }

    [Theory]
    [InlineData("", "environment")]
    [InlineData("{", "JSON")]
    [InlineData("[]", "")]
    [InlineData("null", "")]
    [InlineData("{}", "environment")]
    [InlineData("""{"environment": null}""", "environment")]
    [InlineData("""{"environment": ""}""", "environment")]
    [InlineData("""{"environment": "two words"}""", "environment")]
    [InlineData("""{"environment": "a:b"}""", "environment")]
    [InlineData("""{"environment": 5}""", "environment")]
    [InlineData("""{"environment": "e", "branch": "main", "build": {"url": "https://shop.test"}}""", "build")]
    [InlineData("""{"environment": "e", "branch": 5}""", "branch")]
    [InlineData("""{"environment": "e", "branch": ""}""", "branch")]
    [InlineData("""{"environment": "e", "build": "main"}""", "build")]
    [InlineData("""{"environment": "e", "build": {"commit": 5}}""", "commit")]
    [InlineData("""{"environment": "e", "metadata": ["x"]}""", "metadata")]
    [InlineData("""{"environment": "e", "metadata": {"a": true}}""", "metadata")]
    [InlineData("""{"environment": "e", "metadata": {"a": null}}""", "metadata")]
    [InlineData("""{"environment": "e", "metadata": {"a": {}}}""", "metadata")]
    [InlineData("""{"environment": "e", "environment_variables_overrides": {"A": "b"}}""", "_overrides")]
    [InlineData("""{"environment": "e", "environment_variables_overrides": [{"name": "A"}]}""", "_overrides")]
    [InlineData("""{"environment": "e", "environment_variables_overrides": [{"value": "A"}]}""", "_overrides")]
    [InlineData("""{"environment": "e", "environment_variables_overrides": [{"name": "A=B", "value": "c"}]}""", "_overrides")]
    [InlineData("""{"environment": "e", "environment_variables_overrides": [{"name": "A", "value": 5}]}""", "_overrides")]
    [InlineData("""{"environment": "e", "environment_variables_overrides": [null]}""", "_overrides")]
    [InlineData("""{"environment": "e", "tags": "smoke"}""", "tags")]
    [InlineData("""{"environment": "e", "tags": [null]}""", "tags")]
    [InlineData("""{"environment": "e", "project_id": "x"}""", "project_id")]
    [InlineData("""{"environment": "e", "send_notifications": "yes"}""", "send_notifications")]
    [InlineData("""{"environment": "e", "total_shards": 0}""", "total_shards")]
    [InlineData("""{"environment": "e", "total_shards": 1.5}""", "total_shards")]
    [InlineData("""{"environment": "e", "rerun_source_id": 0}""", "rerun_source_id")]
    [InlineData("""{"environment": "e", "rerun_only_failed": 1}""", "rerun_only_failed")]
    [InlineData("""{"environment": "e", "github_actor": 1}""", "github_actor")]
    [InlineData("""{"environment": "e", "test_case_ids": [true]}""", "test_case_ids")]
    public async Task A_body_that_is_wrong_is_400_and_says_where(string body, string named)
    {
        (await client.PutAsync(body)).ShouldBeError(HttpStatusCode.BadRequest).ShouldContain(named, Case.Sensitive);

        (await client.GetAsync("/api/test-runs")).Body.GetProperty("pagination").GetProperty("total").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task A_key_is_needed_that_may_trigger()
    {
        (await ledger.ClientOf(null, "nobody's key").PutAsync("{")).ShouldBeError(HttpStatusCode.Unauthorized);
        (await ledger.ClientOf(null, await ledger.KeyAsync(scopes: "read")).PutAsync("{")).ShouldBeError(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("POST", "/api/test-runs")]
    [InlineData("DELETE", "/api/test-runs/5")]
    [InlineData("POST", "/api/test-runs/5/re-run")]
    [InlineData("GET", "/api/test-runs/5/unknown")]
    [InlineData("GET", "/api/v2/test-runs/5")]
    public async Task What_is_not_served_is_404_in_this_dialects_envelope(string method, string path) =>
        (await client.SendAsync(new HttpMethod(method), path)).ShouldBeError(HttpStatusCode.NotFound);
}
