using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;

namespace Ledger.Projections.Tests.CheckStatus;

public sealed class CheckStatusReaderTests : LedgerTest
{
    private const string Runner = "runner-1";

    private readonly Guid check = Guid.NewGuid();
    private ReadModelHost? daemon;

    private static Projection[] Both => [new CheckStatusProjection(), new CheckResultsProjection()];

    private CheckStatusReader Reader => new(DataSource);

    [Fact]
    public async Task A_status_is_that_of_the_last_run_that_was_settled()
    {
        var passed = await RunAsync();
        var failed = await RunAsync(location: "us-east-1", hasFailures: true);
        var status = await FindAsync();

        status!.Name.ShouldBe("Run 1");
        (status.HasFailures, status.HasErrors, status.IsDegraded).ShouldBe((true, false, false));
        (status.LongestRun, status.ShortestRun).ShouldBe((120, 120));
        status.LastLocation.ShouldBe("us-east-1");
        status.LastPosition.ShouldBe(failed.LastPosition);
        status.CreatedAt.ShouldBe(passed.Session.SettledAt!.Value);
        status.UpdatedAt.ShouldBe(failed.Session.SettledAt!.Value);
    }

    [Fact]
    public async Task Cancelled_runs_runs_of_test_sessions_and_failed_tries_leave_the_row_bit_identical()
    {
        await RunAsync();
        var before = await DumpAsync();

        Clock.Advance(TimeSpan.FromHours(1));
        await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: check)));
        var stopped = await StartRunAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner), Runner);
        stopped = await CancelAsync(stopped);
        await ExecuteAsync(stopped, (state, now) => ReportResult.Decide(
            state, Some.Result(state.Runs[0].SequenceId, Runner, hasFailures: true, isCancelled: true), now));
        var expired = await CancelAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner));
        await ExecuteAsync(expired, (state, now) => ExpireCancel.Decide(
            state, new ExpireCancel(state.Runs[0].SequenceId, state.Runs[0].Cancel!.CancelId), now));
        await ReportAsync(
            await ClaimAsync(await TriggerAsync(Some.Session(Account, SessionKind.Test, checkId: check)), Runner), Runner, hasFailures: true);
        await ExecuteAsync(
            await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner),
            (state, now) => ReportResult.Decide(
                state, Some.Result(state.Runs[0].SequenceId, Runner, ResultType.Attempt, hasFailures: true), now));

        (await DumpAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_check_with_only_cancelled_runs_has_no_status()
    {
        await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: check)));

        (await FindAsync()).ShouldBeNull();
        (await Reader.ListAsync(Account)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_that_was_lost_or_timed_out_has_errors()
    {
        var lost = await StartRunAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner), Runner);
        Clock.Advance(TimeSpan.FromSeconds(90));
        await ExecuteAsync(lost, (state, now) => LoseRun.Decide(state, new LoseRun(state.Runs[0].SequenceId, Runner), now));
        var status = await FindAsync();

        (status!.HasFailures, status.HasErrors, status.LongestRun).ShouldBe((false, true, 90_000));
    }

    [Fact]
    public async Task Statuses_are_those_of_the_account_and_of_checks()
    {
        await RunAsync();
        await RunAsync(check: Guid.NewGuid());
        var ofNone = Some.Session(Account);
        await ReportAsync(
            await ClaimAsync(await TriggerAsync(ofNone with { Runs = [ofNone.Runs[0] with { CheckId = null }] }), Runner), Runner);
        await ReportAsync(await ClaimAsync(await TriggerAsync(Some.Session(Guid.NewGuid(), checkId: check)), Runner), Runner);
        await CatchUpAsync();

        (await Reader.ListAsync(Account)).Count.ShouldBe(2);
        (await Reader.FindAsync(Guid.NewGuid(), check)).ShouldBeNull();
    }

    [Fact]
    public async Task Rows_equal_a_recomputation_although_owners_are_killed_again_and_again()
    {
        var checks = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToArray();
        daemon = await StartDaemonAsync(7, Both);
        foreach (var lives in Enumerable.Range(0, 40).Select(seed => LiveAsync(seed, checks[seed % checks.Length])).Chunk(8))
        {
            await Task.WhenAll(lives);
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
        }

        await CatchUpAsync();
        var (results, statuses) = await RecomputeAsync();
        (await ScalarAsync<string>("""
            select string_agg(concat_ws(' ', position, check_id, sequence_id, report_id, result_type, has_failures, has_errors,
              is_degraded, is_cancelled, response_time), E'\n' order by position) from ledger.check_results
            """)).ShouldBe(results);
        (await Reader.ListAsync(Account)).OrderBy(status => status.CheckId).ShouldBe(statuses);
    }

    private static string Words(bool value) => value ? "t" : "f";

    private async Task LiveAsync(int seed, Guid checkId)
    {
        var walk = new RandomWalk(seed);
        var session = await TriggerAsync(
            Some.Session(Account, seed % 5 == 0 ? SessionKind.Test : SessionKind.Check, runs: 3, checkId: checkId, timeoutSeconds: 60));
        for (var step = 0; step < 30; step++)
        {
            await Streams.ExecuteAsync(
                session.Stream, (state, now) => Decision<Session>.Accept(state, walk.Step(state, now)), EventContext.None);
        }
    }

    /// <summary>All events in one go, in memory.</summary>
    private async Task<(string Results, IReadOnlyList<CheckStanding> Statuses)> RecomputeAsync()
    {
        var results = (await Store.ReadAllAsync(0, int.MaxValue, CancellationToken.None)).Select(ResultFact.Of).OfType<ResultFact>().ToList();
        var statuses = new Rows<CheckKey, CheckStanding>();
        results.ForEach(result => CheckStatusProjection.Apply(result, statuses));
        return (
            string.Join('\n', results.Select(result => string.Join(' ', ((object?[])
            [
                result.Position, result.CheckId, result.Run.SequenceId, result.ReportId, result.IsFinal ? "FINAL" : "ATTEMPT",
                Words(result.HasFailures), Words(result.HasErrors), Words(result.IsDegraded), Words(result.IsCancelled), result.ResponseTime,
            ]).Where(value => value is not null)))),
            [.. statuses.Added.OrderBy(status => status.Key.CheckId).Select(status => status.Value)]);
    }

    private async Task<SessionSnapshot> RunAsync(Guid? check = null, string location = "eu-central-1", bool hasFailures = false)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        var session = await TriggerAsync(Some.Session(Account, location: location, checkId: check ?? this.check));
        return await ReportAsync(await ClaimAsync(session, Runner), Runner, hasFailures);
    }

    private async Task<CheckStanding?> FindAsync()
    {
        await CatchUpAsync();
        return await Reader.FindAsync(Account, check);
    }

    /// <summary>Every row with the transaction that wrote it.</summary>
    private async Task<string> DumpAsync()
    {
        await CatchUpAsync();
        return await ScalarAsync<string>("select string_agg(concat(s.xmin, s.ctid, s.*::text), E'\\n') from ledger.check_statuses s");
    }

    private async Task CatchUpAsync()
    {
        daemon ??= await StartDaemonAsync(Both);
        (await daemon.WaitForHeadAsync(CheckStatusReader.ProjectionName, Patience)).ShouldBeTrue();
    }
}
