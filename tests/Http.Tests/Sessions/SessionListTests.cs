using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Sessions;

public sealed class SessionListTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_list_shows_what_was_just_written_as_a_read_of_the_session_does_but_for_its_runs()
    {
        var runner = new TestRunner(client, "fresh");
        for (var number = 0; number < 10; number++)
        {
            var session = await TriggerAsync("fresh", "fresh");
            await runner.TakeAsync(session, "fresh");
            await runner.ReportAsync(session.SessionId, session.Run);

            var newest = (await client.ReadAsync("/ledger/sessions?project=fresh&status=PASSED&limit=1")).Body.GetProperty("entries")[0];

            var whole = await client.SessionAsync(session.SessionId);
            whole.EnumerateObject().Select(member => member.Name).Except(newest.EnumerateObject().Select(member => member.Name))
                .ShouldBe(["onConflict", "runs", "nextCursor"]);
            newest.EnumerateObject().ShouldAllBe(member => JsonElement.DeepEquals(member.Value, whole.GetProperty(member.Name)));
        }
    }

    [Fact]
    public async Task Pages_follow_each_other_newest_first_while_new_sessions_come()
    {
        var made = new List<Guid>();
        for (var number = 0; number < 5; number++)
        {
            made.Add((await TriggerAsync("pages", "pages")).SessionId);
        }

        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = (await client.ReadAsync($"/ledger/sessions?project=pages&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Body;
            seen.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("sessionId").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
            await TriggerAsync("pages", "pages");
        }
        while (cursor is not null);

        made.Reverse();
        seen.ShouldBe(made);
    }

    [Fact]
    public async Task Filters_are_taken_together()
    {
        var session = await TriggerAsync("filters", "filters");
        var at = (await client.SessionAsync(session.SessionId)).GetProperty("triggeredAt").GetDateTimeOffset();

        (await CountAsync("project=filters&kind=check&status=STARTED&status=PROGRESS")).ShouldBe(1);
        (await CountAsync("project=filters&kind=run")).ShouldBe(0);
        (await CountAsync("project=filters&status=PASSED")).ShouldBe(0);
        (await CountAsync($"project=filters&from={at.AddMinutes(-1):yyyy-MM-ddTHH:mm:ssZ}&to={at.AddMinutes(1):yyyy-MM-ddTHH:mm:ssZ}")).ShouldBe(1);
        (await CountAsync($"project=filters&to={at.AddMinutes(-1):yyyy-MM-ddTHH:mm:ssZ}")).ShouldBe(0);
    }

    [Fact]
    public async Task A_position_that_was_reached_is_not_waited_for_and_one_beyond_the_log_is_refused()
    {
        var session = await TriggerAsync("after", "after");

        (await CountAsync($"project=after&after={session.Number}")).ShouldBe(1);
        var tooFar = await client.ReadAsync($"/ledger/sessions?after={session.Number + 1_000_000}");

        tooFar.Status.ShouldBe(HttpStatusCode.BadRequest);
        tooFar.Body.GetProperty("detail").GetString().ShouldBe("'after' is beyond the end of the log.");
    }

    [Theory]
    [InlineData("kind=suite")]
    [InlineData("kind=check&kind=test")]
    [InlineData("status=cancelled")]
    [InlineData("statuses=CANCELLED")]
    [InlineData("from=yesterday")]
    [InlineData("to=2026")]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("limit=ten")]
    [InlineData("cursor=abc")]
    [InlineData("cursor=AAAAAAAAAAA")]
    [InlineData("after=-1")]
    [InlineData("project=%00")]
    public async Task A_parameter_that_makes_no_sense_is_refused(string query)
    {
        var answer = await client.ReadAsync($"/ledger/sessions?{query}");

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task The_projections_tell_where_they_stand()
    {
        await TriggerAsync("lag", "lag");
        await CountAsync("project=lag");

        var entries = (await client.ReadAsync("/ledger/projections")).Body.GetProperty("entries").EnumerateArray().ToList();

        var list = entries.Single(entry => entry.GetProperty("name").GetString() == "session_list");
        list.GetProperty("state").GetString().ShouldBe("running");
        list.GetProperty("lag").GetInt64().ShouldBe(0);
        list.GetProperty("position").GetInt64().ShouldBeGreaterThan(0);
    }

    private async Task<int> CountAsync(string query) =>
        (await client.ReadAsync($"/ledger/sessions?{query}")).Body.GetProperty("entries").GetArrayLength();

    private Task<Triggered> TriggerAsync(string project, string location) => client.TriggerAsync(new
    {
        kind = "check",
        name = "Checkout",
        project,
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "checkout", location } },
    });
}
