using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.ReadModels;

public sealed class ProjectionEndpointTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_rebuild_is_accepted_shows_its_progress_and_its_result_and_is_recorded()
    {
        await client.TriggerAsync("rebuilt");
        await client.ReadAsync("/ledger/sessions"); // Which waits for the list to have come as far.

        (await client.PostBodyAsync("/ledger/projections/session_list/rebuild", null)).Status.ShouldBe(HttpStatusCode.Accepted);
        var rebuilt = await Eventually.Become(
            () => RebuildOfAsync("session_list"), rebuild => rebuild.GetProperty("state").GetString() == "done");

        rebuilt.GetProperty("differences").GetInt64().ShouldBe(0);
        rebuilt.GetProperty("position").GetInt64().ShouldBeGreaterThan(0);
        rebuilt.GetProperty("keepsOld").GetBoolean().ShouldBeTrue();
        rebuilt.GetProperty("startedBy").GetString()!.ShouldStartWith("key ");
        var actions = (await client.ReadAsync("/ledger/projections/session_list/actions")).Body.GetProperty("entries");
        actions.EnumerateArray().Select(action => action.GetProperty("action").GetString()).ShouldContain("rebuilt");
        (await client.PostBodyAsync("/ledger/projections/session_list/rebuild/discard", null)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await client.PostBodyAsync("/ledger/projections/session_list/rebuild/discard", null)).Status.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Lists_are_right_before_while_and_after_every_projection_is_rebuilt()
    {
        var session = await client.TriggerAsync("polled");
        var names = (await client.ReadAsync("/ledger/projections")).Body.GetProperty("entries").EnumerateArray()
            .Select(entry => entry.GetProperty("name").GetString()!).ToList();
        foreach (var name in names)
        {
            var asked = await client.PostBodyAsync($"/ledger/projections/{name}/rebuild", null);
            while (asked.Status is HttpStatusCode.Accepted && (await RebuildOfAsync(name)).GetProperty("state").GetString() != "done")
            {
                var next = await client.TriggerAsync("polled");
                var list = (await client.ReadAsync("/ledger/sessions?limit=100")).Body.GetProperty("entries");
                list[0].GetProperty("sessionId").GetGuid().ShouldBe(next.SessionId);
                (await client.ReadAsync("/v1/check-statuses")).Status.ShouldBe(HttpStatusCode.OK);
            }
        }

        (await client.SessionAsync(session.SessionId)).GetProperty("status").GetString().ShouldBe("STARTED");
    }

    [Fact]
    public async Task A_reaction_has_nothing_to_rebuild_and_what_is_not_stopped_cannot_be_told_to_go_on()
    {
        (await client.PostBodyAsync("/ledger/projections/supersede/rebuild", null)).Status.ShouldBe(HttpStatusCode.Conflict);
        (await client.PostBodyAsync("/ledger/projections/open_runs/retry", null)).Status.ShouldBe(HttpStatusCode.Conflict);
        (await client.PostBodyAsync("/ledger/projections/open_runs/skip", new { position = 1, reason = "why" })).Status
            .ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"position":1}""")]
    [InlineData("""{"position":"1","reason":"why"}""")]
    [InlineData("""{"position":1e400,"reason":"why"}""")]
    [InlineData("""{"position":1,"reason":""}""")]
    [InlineData("""{"position":1,"reason":"\u0000"}""")]
    [InlineData("""{"position":1,"reason":"why","force":true}""")]
    public async Task A_skip_that_is_not_well_formed_is_refused(string body)
    {
        using var content = new StringContent(body);

        (await client.PostBodyAsync("/ledger/projections/open_runs/skip", content)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("rebuild")]
    [InlineData("rebuild/discard")]
    [InlineData("retry")]
    public async Task An_unknown_projection_is_not_found(string command) =>
        (await client.PostBodyAsync($"/ledger/projections/{new string('x', 2_000)}/{command}", null)).Status.ShouldBe(HttpStatusCode.NotFound);

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("cursor=x")]
    [InlineData("cursor=99999999999999999999")]
    public async Task A_page_that_is_none_is_refused(string query) =>
        (await client.ReadAsync($"/ledger/projections/open_runs/actions?{query}")).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Only_an_operator_may_see_and_act_for_projections_are_of_the_whole_installation()
    {
        using var administrator = await KeyWithAsync("read", "admin", "command", "runner");
        (await administrator.ReadAsync("/ledger/projections")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await administrator.ReadAsync("/ledger/projections/open_runs/actions")).Status.ShouldBe(HttpStatusCode.Forbidden);
        foreach (var command in new[] { "retry", "skip", "rebuild", "rebuild/discard" })
        {
            (await administrator.PostBodyAsync($"/ledger/projections/open_runs/{command}", null)).Status.ShouldBe(HttpStatusCode.Forbidden);
        }

        using var @operator = await KeyWithAsync("operator");
        (await @operator.ReadAsync("/ledger/projections")).Status.ShouldBe(HttpStatusCode.OK);
        (await @operator.ReadAsync("/ledger/projections/open_runs/actions")).Status.ShouldBe(HttpStatusCode.OK);
        (await @operator.PostBodyAsync("/ledger/projections/open_runs/retry", null)).Status.ShouldBe(HttpStatusCode.Conflict);
        (await @operator.ReadAsync("/ledger/sessions")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await @operator.ReadAsync("/ledger/keys")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Rows_of_another_version_are_made_anew_when_a_host_starts()
    {
        using var database = new TestDatabase();
        var account = Guid.NewGuid();
        await using (var before = await RunningLedger.StartAsync(database.ConnectionString, account: account))
        {
            await before.Client.TriggerAsync("kept");
            await before.Client.ReadAsync("/ledger/sessions");
        }

        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        {
            await using var command = source.CreateCommand(
                """
                update ledger.read_models_known set version = 0 where name = 'session_list';
                drop table ledger.session_list;
                create table ledger.session_list (of_another_shape int);
                """);
            await command.ExecuteNonQueryAsync();
        }

        await using var after = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        (await after.Client.ReadAsync("/ledger/sessions")).Body.GetProperty("entries").GetArrayLength().ShouldBe(1);
    }

    private async Task<JsonElement> RebuildOfAsync(string name) =>
        (await client.ReadAsync("/ledger/projections")).Body.GetProperty("entries").EnumerateArray()
        .Single(entry => entry.GetProperty("name").GetString() == name).GetProperty("rebuild");

    private async Task<HttpClient> KeyWithAsync(params string[] scopes)
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "scoped", scopes });
        return fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
    }
}

public sealed class KeepingReadModelsTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    [Fact]
    public async Task A_host_says_that_it_keeps_the_read_models_before_anything_has_happened()
    {
        var first = await Eventually.Become(
            async () => (await fixture.Ledger.Client.ReadAsync("/ledger/projections")).Body.GetProperty("entries")[0],
            model => model.GetProperty("state").GetString() == "running");

        first.GetProperty("position").GetInt64().ShouldBe(0);
    }
}
