using System.Net;
using Ledger.Http.Empirical;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>The project that a request is about (docs/dialects/empirical.md#project-scope).</summary>
public sealed class ProjectScopeTests(EmpiricalLedger ledger) : IClassFixture<EmpiricalLedger>
{
    [Fact]
    public async Task A_key_of_a_project_sees_that_project_alone()
    {
        var shop = ledger.ClientOf(null, await ledger.KeyAsync(project: "shop"));
        var run = await shop.TriggerAsync();
        var elsewhere = await ledger.ClientOf(null).TriggerAsync();

        (await ledger.SessionAsync(run)).Project.ShouldBe("shop");
        (await shop.StateAsync(run)).ShouldBe("queued");
        (await shop.GetAsync($"/api/test-runs/{elsewhere}")).ShouldBeError(HttpStatusCode.NotFound);
        (await shop.CancelAsync(elsewhere)).ShouldBeError(HttpStatusCode.NotFound).ShouldBe($"Test run {elsewhere} was not found.");
        (await ledger.ClientOf(null).CancelAsync(run)).ShouldBeError(HttpStatusCode.NotFound);
        var project = (await shop.GetAsync("/api/test-runs")).Body.GetProperty("data").GetProperty("project");
        project.ShouldBeJson($$"""{"id": {{StableNumber.Of("shop")}}, "name": "shop", "slug": "shop", "repo_name": null}""");
    }

    [Fact]
    public async Task A_header_may_name_the_keys_own_project_and_no_other()
    {
        var key = await ledger.KeyAsync(project: "blog");
        var run = await ledger.ClientOf(null, key).TriggerAsync();

        (await ledger.ClientOf(StableNumber.Of("blog"), key).StateAsync(run)).ShouldBe("queued");
        foreach (var other in new[] { 0, 7, StableNumber.Of("shop") })
        {
            var client = ledger.ClientOf(other, key);
            (await client.CancelAsync(run)).ShouldBeError(HttpStatusCode.BadRequest).ShouldContain("x-project-id");
            (await client.GetAsync($"/api/test-runs/{run}")).ShouldBeError(HttpStatusCode.BadRequest);
            (await client.GetAsync("/api/test-runs")).ShouldBeError(HttpStatusCode.BadRequest);
            (await client.PutAsync("""{"environment": "staging"}""")).ShouldBeError(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task The_header_names_a_project_for_a_key_that_has_none()
    {
        var run = await ledger.ClientOf(7).TriggerAsync();

        (await ledger.SessionAsync(run)).Project.ShouldBe("7");
        (await ledger.ClientOf(7).StateAsync(run)).ShouldBe("queued");
        (await ledger.ClientOf(8).CancelAsync(run)).ShouldBeError(HttpStatusCode.NotFound);
        (await ledger.ClientOf(null).CancelAsync(run)).ShouldBeError(HttpStatusCode.NotFound);
        (await ledger.ClientOf(null, await ledger.KeyAsync(project: "7")).CancelAsync(run)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_any_scope_the_default_project_is_meant()
    {
        var run = await ledger.ClientOf(null).TriggerAsync();

        (await ledger.SessionAsync(run)).Project.ShouldBeNull();
        (await ledger.ClientOf(0).StateAsync(run)).ShouldBe("queued");
        (await ledger.ClientOf(null).GetAsync("/api/test-runs?project_id=0")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.ClientOf(null).GetAsync("/api/test-runs?project_id=7")).ShouldBeError(HttpStatusCode.BadRequest);
        (await ledger.ClientOf(null).PutAsync("""{"environment": "staging", "project_id": 7}""")).ShouldBeError(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("shop")]
    [InlineData("-1")]
    [InlineData("7.0")]
    [InlineData("99999999999")]
    public async Task A_header_that_is_no_integer_is_400(string header)
    {
        (await ledger.Running.Client.CallAsync(HttpMethod.Get, "/api/test-runs", null, ("x-project-id", header)))
            .ShouldBeError(HttpStatusCode.BadRequest).ShouldContain("x-project-id");
    }

    [Fact]
    public async Task Another_accounts_run_is_unknown()
    {
        var run = await ledger.ClientOf(null).TriggerAsync();
        await using var other = await RunningLedger.StartAsync(ledger.ConnectionString, account: Guid.NewGuid());
        var stranger = ledger.ClientOf(null, other.ApiKey);

        (await stranger.CancelAsync(run)).ShouldBeError(HttpStatusCode.NotFound).ShouldBe($"Test run {run} was not found.");
        (await stranger.GetAsync($"/api/test-runs/{run}")).ShouldBeError(HttpStatusCode.NotFound);
        (await ledger.ClientOf(null).StateAsync(run)).ShouldBe("queued");
    }
}
