using System.Net;
using Ledger.Http.RateLimits;
using Ledger.Http.Settings;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.RateLimits;

public sealed class RateLimitTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Past_the_limit_a_key_is_told_when_to_come_back_and_its_cancels_still_pass()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, new Dictionary<string, string?>
        {
            ["Ledger:RateLimit:Requests"] = "3",
            ["Ledger:RateLimit:Seconds"] = "3600",
        });
        for (var request = 0; request < 3; request++)
        {
            (await ledger.Client.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.OK);
        }

        using var refused = await ledger.Client.GetAsync("/ledger/checks");

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 3600);
        refused.Headers.GetValues("RateLimit").Single().ShouldStartWith("\"general\";r=0;t=");
        refused.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"general\";q=3;w=3600");
        (await ledger.Client.PostBodyAsync($"/ledger/sessions/{Guid.NewGuid()}/cancel", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.Client.PostBodyAsync($"/v1/check-sessions/{Guid.NewGuid()}/cancel", null)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Costly_reads_of_a_key_wait_for_each_other_and_those_beyond_are_turned_away_while_other_keys_read_on()
    {
        await using var ledger = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:RateLimit:CostlyReads"] = "2" });
        var made = await ledger.Client.PostBodyAsync("/ledger/keys", new { name = "other", scopes = new[] { "read" } });
        using var other = ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var held = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("lock table ledger.session_list in access exclusive mode", connection);
        await hold.ExecuteNonQueryAsync();
        var searches = Enumerable.Range(0, 40).Select(_ => ledger.Client.GetAsync("/v1/test-sessions?textSearch=checkout")).ToList();

        // Two are under way and eight wait; all others are answered before one of these has ended.
        var refused = new List<HttpResponseMessage>();
        await foreach (var answer in Task.WhenEach(searches))
        {
            refused.Add(await answer);
            if (refused.Count == 30)
            {
                break;
            }
        }

        refused.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.TooManyRequests && answer.Headers.RetryAfter!.Delta == TimeSpan.FromSeconds(1));
        (await refused[0].Content.ReadAsStringAsync()).ShouldStartWith("""{"statusCode":429,"error":"Too Many Requests",""");
        (await other.ReadAsync("/ledger/alerts")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.Client.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.OK);
        await held.RollbackAsync();
        (await Task.WhenAll(searches)).Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(10);
    }

    [Fact]
    public void A_window_ends_by_the_monotonic_clock()
    {
        var clock = new FakeClock();
        var windows = new RateWindows(new RateLimitSettings { Requests = 1, Seconds = 10 }, clock);

        windows.Take("a", RateLimit.General).IsAllowed.ShouldBeTrue();
        windows.Take("a", RateLimit.General).IsAllowed.ShouldBeFalse();
        windows.Take("b", RateLimit.General).IsAllowed.ShouldBeTrue();
        windows.Take("a", RateLimit.Cancel).IsAllowed.ShouldBeTrue();
        clock.JumpWallClock(TimeSpan.FromHours(1));
        windows.Take("a", RateLimit.General).IsAllowed.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(10));
        windows.Take("a", RateLimit.General).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Runners_beyond_the_bound_share_the_window_of_their_key()
    {
        var clock = new FakeClock();
        var windows = new RateWindows(new RateLimitSettings(), clock);
        var limit = new RunnerRateLimit(1, 60);
        for (var runner = 0; runner < RateWindows.MaximumRunners; runner++)
        {
            windows.Take("key", limit, $"{runner}").IsAllowed.ShouldBeTrue();
        }

        windows.Take("key", limit, "one more").IsAllowed.ShouldBeTrue();
        windows.Take("key", limit, "another").IsAllowed.ShouldBeFalse();
        windows.Take("other key", limit, "another").IsAllowed.ShouldBeTrue();
        clock.Advance(TimeSpan.FromSeconds(60));
        windows.Take("key", limit, "one more").IsAllowed.ShouldBeTrue();
        windows.Take("key", limit, "another").IsAllowed.ShouldBeTrue();
    }
}
