using Ledger.Projections.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Store;

namespace Ledger.Projections.Tests.OpenRuns;

public sealed class LeasesTests : LedgerTest
{
    private readonly StreamId stream = new(Account, Guid.NewGuid());
    private readonly Guid run = Guid.NewGuid();

    [Fact]
    public async Task A_heartbeat_moves_the_end_of_the_lease()
    {
        var leases = new Leases(DataSource, Clock);
        await leases.RenewAsync(stream, run, "runner-1", 30);
        Clock.Advance(TimeSpan.FromSeconds(10));
        await leases.RenewAsync(stream, run, "runner-1", 30);

        (await LeaseAsync()).ShouldBe($"2 {10} {40}");
    }

    [Fact]
    public async Task A_clock_that_goes_back_does_not_end_a_lease_earlier_and_the_heartbeat_counts_all_the_same()
    {
        var leases = new Leases(DataSource, Clock);
        await leases.RenewAsync(stream, run, "runner-1", 30);
        Clock.JumpWallClock(TimeSpan.FromSeconds(-5));
        await leases.RenewAsync(stream, run, "runner-1", 30);

        (await LeaseAsync()).ShouldBe($"2 {-5} {30}");
    }

    [Fact]
    public async Task Many_heartbeats_at_once_are_all_written()
    {
        var leases = new Leases(DataSource, Clock);
        var runs = Enumerable.Range(0, 500).Select(_ => Guid.NewGuid()).ToList();

        await Task.WhenAll(runs.Concat(runs).Select(each => leases.RenewAsync(stream, each, "runner-1", 30)));

        (await ScalarAsync<long>("select count(*) from ledger.leases")).ShouldBe(500);
    }

    [Fact]
    public async Task The_sweep_takes_the_leases_of_runs_that_are_not_open_and_leaves_the_others()
    {
        var leases = new Leases(DataSource, Clock);
        var daemon = await StartDaemonAsync(Brisk, OpenRunsReader.CreateProjection());
        var open = await ClaimAsync(await TriggerAsync(Some.Session(Account)), "runner-1");
        await leases.RenewAsync(open.Stream, open.Session.Runs[0].SequenceId, "runner-1", 30);
        await leases.RenewAsync(stream, run, "runner-1", 30);
        (await daemon.WaitForHeadAsync(OpenRunsReader.ProjectionName, Patience)).ShouldBeTrue();
        await using var connection = await DataSource.OpenConnectionAsync();

        await Leases.SweepAsync(connection, default);

        (await ScalarAsync<Guid[]>("select array_agg(session_id) from ledger.leases")).ShouldBe([open.Session.Id]);
    }

    /// <summary>How often it was renewed, when, and when it ends; in seconds from the start of the clock.</summary>
    private Task<string> LeaseAsync() => ScalarAsync<string>(
        $"""
        select concat_ws(' ', renewals, extract(epoch from renewed_at - '2026-01-15 12:00Z')::int,
          extract(epoch from expires_at - '2026-01-15 12:00Z')::int)
        from ledger.leases where sequence_id = '{run}'
        """);
}
