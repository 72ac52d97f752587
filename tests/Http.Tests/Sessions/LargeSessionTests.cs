using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Sessions;

/// <summary>A session of many runs costs what is shown of it: measured in bytes answered and allocated.</summary>
[Collection(Alone.Name)]
public sealed class LargeSessionTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private const int Many = 10_000;
    private const int Tries = 25;

    private readonly HttpClient client = fixture.Ledger.Client;

    [Theory]
    [InlineData("test", "/v1/test-sessions?limit=100", 100_000)]
    [InlineData("test", "/ledger/sessions?limit=100", 10_000)]
    [InlineData("check", "/ledger/sessions?limit=100", 10_000)]
    public async Task A_list_does_not_grow_with_the_runs_of_its_sessions(string kind, string list, int mostBytes)
    {
        for (var n = 0; n < 5; n++)
        {
            await TriggerAsync(kind, 2_000);
        }

        var (answer, allocated) = await MeasureAsync(list);

        answer.Length.ShouldBeLessThan(mostBytes);
        allocated.ShouldBeLessThan(3_000_000);
    }

    [Fact]
    public async Task A_test_session_in_a_list_names_its_first_hundred_runs_and_no_others()
    {
        var session = await TriggerAsync("test", 101);

        var entry = (await client.ReadAsync("/v1/test-sessions?limit=1")).Body.GetProperty("entries")[0];

        entry.GetProperty("id").GetGuid().ShouldBe(session.SessionId);
        entry.GetProperty("running").EnumerateArray().Select(id => id.GetGuid()).ShouldBe(session.Runs.Take(100));
    }

    [Fact]
    public async Task A_read_shows_a_page_of_the_runs_and_the_number_of_all()
    {
        var session = await TriggerAsync("check", Many);
        var path = $"/ledger/sessions/{session.SessionId}";
        var (status, ofStatus) = await MeasureAsync($"{path}?limit=0");
        var (page, ofPage) = await MeasureAsync(path);
        var (one, ofOne) = await MeasureAsync($"{path}/runs/{session.Runs[7_000]}");

        (status.Length, page.Length, one.Length).ShouldSatisfyAllConditions(
            sizes => sizes.Item1.ShouldBeLessThan(2_000), sizes => sizes.Item2.ShouldBeLessThan(50_000), sizes => sizes.Item3.ShouldBeLessThan(1_000));
        (ofStatus, ofPage, ofOne).ShouldSatisfyAllConditions(
            sizes => sizes.ofStatus.ShouldBeLessThan(2_000_000),
            sizes => sizes.ofPage.ShouldBeLessThan(2_000_000),
            sizes => sizes.ofOne.ShouldBeLessThan(2_000_000));
        var shown = JsonSerializer.Deserialize<JsonElement>(status);
        shown.GetProperty("runCounts").GetProperty("open").GetInt32().ShouldBe(Many);
        shown.GetProperty("runs").GetArrayLength().ShouldBe(0);
        JsonSerializer.Deserialize<JsonElement>(page).GetProperty("runs").GetArrayLength().ShouldBe(100);
    }

    [Fact]
    public async Task Pages_of_runs_follow_each_other_to_the_last()
    {
        var session = await TriggerAsync("check", 2_500);
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = (await client.ReadAsync(
                $"/ledger/sessions/{session.SessionId}?limit=1000{(cursor is null ? "" : $"&cursor={cursor}")}")).Body;
            seen.AddRange(page.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("sequenceId").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        seen.ShouldBe(session.Runs);
    }

    [Fact]
    public async Task A_cancel_of_one_run_among_many_is_answered_shortly()
    {
        var session = await TriggerAsync("check", Many);
        var least = long.MaxValue;
        foreach (var run in session.Runs.TakeLast(Tries))
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var answer = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { sequenceIds = new[] { run } });
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);

            answer.Status.ShouldBe(HttpStatusCode.Accepted);
            answer.Body.ToString().Length.ShouldBeLessThan(500);
        }

        least.ShouldBeLessThan(2_000_000);
    }

    [Fact]
    public async Task A_history_is_read_from_a_version_on()
    {
        var session = await TriggerAsync("check", 3);
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null);

        (await VersionsAsync("")).ShouldBe([1, 2, 3, 4, 5]);
        (await VersionsAsync("?after=2")).ShouldBe([3, 4, 5]);
        (await VersionsAsync("?after=1&limit=2")).ShouldBe([2, 3]);
        (await VersionsAsync("?after=5")).ShouldBeEmpty();

        async Task<IEnumerable<int>> VersionsAsync(string query) =>
            (await client.ReadAsync($"/ledger/sessions/{session.SessionId}/events{query}")).Body.EnumerateArray()
                .Select(recorded => recorded.GetProperty("version").GetInt32());
    }

    /// <summary>The least of many reads: the read models fold and other classes run beside them, all in this process.</summary>
    private async Task<(string Answer, long Allocated)> MeasureAsync(string path)
    {
        var (answer, least) = ("", long.MaxValue);
        for (var n = 0; n < Tries; n++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            answer = await client.GetStringAsync(path);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return (answer, least);
    }

    private Task<Triggered> TriggerAsync(string kind, int runs) => client.TriggerAsync(new
    {
        kind,
        name = "Large",
        runs = Enumerable.Range(0, runs).Select(_ => new { checkType = "PLAYWRIGHT", name = "r", location = "nowhere" }),
    });
}
