using System.Diagnostics;
using System.Globalization;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Chaos;

/// <summary>Deadlines when the ledger or its database is away, or when the host that watched them is killed (docs/deadlines.md).</summary>
[Collection("Seconds count")]
public sealed class DeadlinesTests
{
    private const string Runner = "runner-1";
    private const int LeaseSeconds = 4;

    // Longer than two leases.
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_database_that_is_frozen_for_longer_than_a_lease_loses_no_run_and_alerts_nobody()
    {
        using var place = new LedgerPlace { Arguments = [$"--Ledger:Lease:Seconds={LeaseSeconds}", "--Ledger:Cancel:AcknowledgeSeconds=6"] };
        await using var ledger = await LedgerProcess.StartAsync(place);
        var (session, run) = await TakeAsync(ledger, "frozen");
        using var beating = new CancellationTokenSource();
        var beats = BeatAsync(ledger, session, run, beating.Token);
        var (other, cancelled) = await TakeAsync(ledger, "cancelled");
        await ledger.PostAsync($"/ledger/sessions/{other}/cancel", new { });

        var frozen = Freeze(place);
        await PassAsync(Outage);
        Thaw(frozen);

        // Two leases more, in which heartbeats come again.
        await PassAsync(TimeSpan.FromSeconds(2 * LeaseSeconds));
        (await EventTypesAsync(ledger, session))[^1].ShouldBe("run_started");
        (await EventTypesAsync(ledger, other)).Count(type => type == "cancel_requested").ShouldBeInRange(1, 2);
        var head = (await ledger.GetAsync("/health/ready")).GetProperty("position").GetInt64();
        (await ledger.GetAsync($"/ledger/alerts?after={head}")).GetProperty("entries").GetArrayLength().ShouldBe(0);

        // And the promises hold again.
        await beating.CancelAsync();
        await beats;
        await Eventually.Become(async () => (await EventTypesAsync(ledger, session))[^1] == "run_lost", TakeOver);
        await Eventually.Become(
            async () => (await EventTypesAsync(ledger, other)).Count(type => type == "cancel_requested") == 2, TakeOver, "the cancel is forced");
    }

    [Fact]
    public async Task A_database_that_is_killed_and_comes_back_loses_no_run()
    {
        using var place = new LedgerPlace { Arguments = [$"--Ledger:Lease:Seconds={LeaseSeconds}"] };
        await using var ledger = await LedgerProcess.StartAsync(place);
        var (session, run) = await TakeAsync(ledger, "killed");
        using var beating = new CancellationTokenSource();
        var beats = BeatAsync(ledger, session, run, beating.Token);

        ChildProcess.KillProcess(PostmasterId(place));
        await PassAsync(Outage);
        await Eventually.Become(ledger.IsReadyAsync, TimeSpan.FromSeconds(60));
        await PassAsync(TimeSpan.FromSeconds(2 * LeaseSeconds));

        (await EventTypesAsync(ledger, session))[^1].ShouldBe("run_started");
        await beating.CancelAsync();
        await beats;
    }

    [Fact]
    public async Task A_ledger_that_stands_still_for_longer_than_a_lease_loses_no_run()
    {
        using var place = new LedgerPlace { Arguments = [$"--Ledger:Lease:Seconds={LeaseSeconds}"] };
        await using var ledger = await LedgerProcess.StartAsync(place);
        var (session, run) = await TakeAsync(ledger, "still");
        using var beating = new CancellationTokenSource();
        var beats = BeatAsync(ledger, session, run, beating.Token);

        ledger.StandStill();
        await PassAsync(Outage);
        ledger.GoOn();
        await PassAsync(TimeSpan.FromSeconds(2 * LeaseSeconds));

        (await EventTypesAsync(ledger, session))[^1].ShouldBe("run_started");
        await beating.CancelAsync();
        await beats;
    }

    [Fact]
    public async Task The_deadlines_of_a_host_that_is_killed_are_kept_by_another_one_within_15_seconds()
    {
        using var database = new TestDatabase();
        using var place = new LedgerPlace
        {
            ConnectionString = database.ConnectionString,
            Arguments = [$"--Ledger:Lease:Seconds={LeaseSeconds}", "--Ledger:Cancel:AcknowledgeSeconds=2", "--Ledger:Cancel:ExpireSeconds=4"],
        };
        await using var first = await LedgerProcess.StartAsync(place);
        await using var second = await LedgerProcess.StartAsync(place);
        var (lost, _) = await TakeAsync(first, "lost");
        var (expired, _) = await TakeAsync(first, "expired");
        await first.PostAsync($"/ledger/sessions/{expired}/cancel", new { });

        await first.KillAsync();
        await Task.WhenAll(
            Eventually.Become(async () => (await EventTypesAsync(second, lost))[^1] == "run_lost", TakeOver),
            Eventually.Become(async () => (await EventTypesAsync(second, expired))[^1] == "cancel_expired", TakeOver));
    }

    private static async Task<(string Session, string Run)> TakeAsync(LedgerProcess ledger, string location)
    {
        var made = await ledger.PostAsync("/ledger/sessions", new
        {
            kind = "check",
            name = "Checkout",
            runs = new[] { new { checkId = Guid.NewGuid(), checkType = "PLAYWRIGHT", name = "checkout", location } },
        });
        var (session, run) = (made.GetProperty("sessionId").GetString()!, made.GetProperty("runs")[0].GetProperty("sequenceId").GetString()!);
        var claimed = await ledger.PostAsync(
            $"/ledger/runners/{Runner}/claims", new { locations = new[] { location }, checkTypes = Array.Empty<string>(), waitSeconds = 10 });
        claimed.GetProperty("runs").GetArrayLength().ShouldBe(1);
        using var started = await TellAsync(ledger, session, run, "start", CancellationToken.None);
        started.EnsureSuccessStatusCode();
        return (session, run);
    }

    /// <summary>Heartbeats as a runner sends them: one after another, whatever comes of each.</summary>
    private static async Task BeatAsync(LedgerProcess ledger, string session, string run, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                using var beaten = await TellAsync(ledger, session, run, "heartbeat", ending);
                await Task.Delay(TimeSpan.FromSeconds(LeaseSeconds / 3.0), ending);
            }
            catch (Exception away) when (away is HttpRequestException or OperationCanceledException)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task<HttpResponseMessage> TellAsync(
        LedgerProcess ledger, string session, string run, string what, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/ledger/sessions/{session}/runs/{run}/{what}");
        request.Headers.Add("Ledger-Runner", Runner);
        return await ledger.Client.SendAsync(request, cancellation);
    }

    private static async Task<IReadOnlyList<string>> EventTypesAsync(LedgerProcess ledger, string session) =>
        [.. (await ledger.GetAsync($"/ledger/sessions/{session}/events")).EnumerateArray().Select(e => e.GetProperty("type").GetString()!)];

    /// <summary>Time has to pass here, and nothing else can be waited for.</summary>
    private static Task PassAsync(TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        return Eventually.Become(() => Stopwatch.GetElapsedTime(began) >= time, time + TimeSpan.FromSeconds(5), $"{time} has passed");
    }

    /// <summary>Stops every process of the place's PostgreSQL, as a machine does that stands still.</summary>
    private static IReadOnlyList<int> Freeze(LedgerPlace place)
    {
        var postmaster = PostmasterId(place);
        IReadOnlyList<int> all = [postmaster, .. ProcessTable.ChildrenOf(postmaster)];
        foreach (var process in all)
        {
            ChildProcess.StopProcess(process);
        }

        return all;
    }

    private static void Thaw(IReadOnlyList<int> frozen)
    {
        foreach (var process in frozen)
        {
            ChildProcess.ContinueProcess(process);
        }
    }

    private static int PostmasterId(LedgerPlace place)
    {
        var file = Directory.EnumerateFiles(place.Directory, "postmaster.pid", SearchOption.AllDirectories).Single();
        return int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture);
    }
}
