using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Checks;

/// <summary>Starting a registered check now.</summary>
public sealed class ScheduleNowTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_check_runs_at_each_of_its_locations_for_whoever_asked()
    {
        var check = await RegisterAsync(["here", "there"]);

        var made = await client.PostBodyAsync($"/ledger/checks/{check}/schedule-now", null);

        made.Status.ShouldBe(HttpStatusCode.Created, made.Body.ToString());
        made.Body.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("location").GetString()).ShouldBe(["here", "there"]);
        var session = await client.SessionAsync(made.Body.GetProperty("sessionId").GetGuid());
        session.GetProperty("kind").GetString().ShouldBe("check");
        session.GetProperty("source").GetString().ShouldBe("SCHEDULE_NOW");
        session.GetProperty("actor").GetProperty("name").GetString().ShouldBe("bootstrap");
        session.GetProperty("runs")[0].GetProperty("checkId").GetGuid().ShouldBe(check);
    }

    [Fact]
    public async Task A_runner_gets_the_spec_that_the_check_was_registered_with()
    {
        var check = await RegisterAsync(["spec-of-check"]);

        await client.PostBodyAsync($"/ledger/checks/{check}/schedule-now", new { });

        var run = (await new TestRunner(client, "scheduled").ClaimAsync("spec-of-check")).ShouldHaveSingleItem();
        run.GetProperty("spec").GetProperty("command")[0].GetString().ShouldBe("true");
    }

    [Fact]
    public async Task One_of_its_locations_can_be_chosen_and_no_other_one()
    {
        var check = await RegisterAsync(["here", "there"]);

        var made = await client.PostBodyAsync($"/ledger/checks/{check}/schedule-now", new { locations = new[] { "there" } });
        var foreign = await client.PostBodyAsync($"/ledger/checks/{check}/schedule-now", new { locations = new[] { "elsewhere" } });
        var none = await client.PostBodyAsync($"/ledger/checks/{check}/schedule-now", new { locations = Array.Empty<string>() });

        made.Body.GetProperty("runs").EnumerateArray().ShouldHaveSingleItem().GetProperty("location").GetString().ShouldBe("there");
        foreign.Status.ShouldBe(HttpStatusCode.BadRequest);
        none.Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("PLAYWRIGHT", false)]
    [InlineData("HEARTBEAT", true)]
    public async Task What_no_trigger_may_start_is_409_and_starts_nothing(string type, bool activated)
    {
        var check = await RegisterAsync(["nowhere"], type, activated);

        var refused = await client.PostBodyAsync($"/ledger/checks/{check}/schedule-now", null);

        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Body.GetProperty("type").GetString()!.ShouldEndWith("/not-startable");
        (await new TestRunner(client, "idle").ClaimAsync("nowhere")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_check_is_404_and_a_key_that_may_only_read_is_403()
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "reader", scopes = new[] { "read" } });
        using var reader = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());

        (await client.PostBodyAsync($"/ledger/checks/{Guid.NewGuid()}/schedule-now", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await reader.PostBodyAsync($"/ledger/checks/{await RegisterAsync(["here"])}/schedule-now", null)).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    private async Task<Guid> RegisterAsync(string[] locations, string checkType = "PLAYWRIGHT", bool activated = true)
    {
        var id = Guid.NewGuid();
        var answer = await client.CallAsync(HttpMethod.Put, $"/ledger/checks/{id}", new
        {
            name = "Checkout",
            checkType,
            tags = Array.Empty<string>(),
            locations,
            activated,
            spec = new { command = new[] { "true" } },
        });
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body.ToString());
        return id;
    }
}
