using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Runners;

/// <summary>Runs that are queued where no runner comes.</summary>
public sealed class UnservedLocationTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_session_says_that_no_runner_serves_its_location_until_one_asks()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        var location = $"desert-{Guid.NewGuid():N}";
        var session = await ledger.Client.TriggerAsync(location, location);

        (await WaitingAsync(ledger, session)).ShouldBe($"No runner takes PLAYWRIGHT runs at the location '{location}'.");

        (await new TestRunner(ledger.Client, $"r-{location}").ClaimAsync(location)).Count.ShouldBe(1);
        await Eventually.Become(async () => await WaitingAsync(ledger, session) is null);
    }

    [Fact]
    public async Task A_run_that_waits_too_long_where_no_runner_comes_is_cancelled_and_one_at_a_served_location_waits_on()
    {
        await using var ledger = await RunningLedger.StartAsync(
            database.ConnectionString,
            new Dictionary<string, string?>
            {
                ["Ledger:Queue:LongestWaitSeconds"] = "4",

                // Each time that a busy machine keeps the host from sweeping for two seconds, all deadlines come later by a lease.
                ["Ledger:Lease:Seconds"] = "4",
            });
        var (desert, busy) = ($"desert-{Guid.NewGuid():N}", $"busy-{Guid.NewGuid():N}");
        await new TestRunner(ledger.Client, $"r-{busy}").ClaimAsync(busy);
        await Eventually.Become(
            () => ledger.Client.ReadAsync("/ledger/runners"), runners => runners.Body.ToString().Contains($"r-{busy}", StringComparison.Ordinal));
        var waiting = await ledger.Client.TriggerAsync(busy);
        var session = await ledger.Client.TriggerAsync(new
        {
            kind = "check",
            name = "Home",
            runs = new[] { new { checkId = Guid.NewGuid(), checkType = "API", name = "home", location = desert } },
        });

        await Eventually.Become(async () => (await ledger.Client.SessionAsync(session.SessionId)).GetProperty("status").GetString() == "CANCELLED");

        var cancel = (await ledger.Client.SessionAsync(session.SessionId)).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("cause").GetString().ShouldBe("timeout");
        cancel.GetProperty("reason").GetString()!.ShouldContain($"No runner takes API runs at the location '{desert}'");
        cancel.GetProperty("how").GetString().ShouldBe("neverStarted");
        (await ledger.Client.SessionAsync(waiting.SessionId)).GetProperty("runs")[0].GetProperty("state").GetString().ShouldBe("queued");
        (await new TestRunner(ledger.Client, $"r-{busy}").ClaimAsync(busy)).ShouldHaveSingleItem();
    }

    private static async Task<string?> WaitingAsync(RunningLedger ledger, Triggered session) =>
        (await ledger.Client.SessionAsync(session.SessionId)).GetProperty("runs").EnumerateArray()
            .Where(run => run.GetProperty("state").GetString() == "queued")
            .Select(run => run.TryGetProperty("waiting", out var waiting) ? waiting.GetString() : null)
            .Last();
}
