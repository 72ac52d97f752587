using Ledger.Projections.Alerts;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Support;

namespace Ledger.Projections.Tests.Alerts;

public sealed class AlertsProjectionTests : LedgerTest
{
    private static readonly string[] Locations = ["eu", "us"];

    private readonly Guid[] checks = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
    private ReadModelHost? daemon;

    private static Projection[] Both => [new AlertsProjection(), new CheckResultsProjection()];

    [Fact]
    public async Task Rows_equal_a_recomputation_although_owners_are_killed_again_and_again()
    {
        daemon = await StartDaemonAsync(7, Both);
        foreach (var lives in Enumerable.Range(0, 48).Select(LiveAsync).Chunk(8))
        {
            await Task.WhenAll(lives);
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
        }

        await CatchUpAsync();
        var naive = new NaiveAlerts(await Store.ReadAllAsync(0, int.MaxValue, CancellationToken.None));

        (await LinesAsync("select concat_ws(' ', position, sequence_id, alert_type, state, coalesce(settled_position::text, '')) from ledger.alerts order by position"))
            .ShouldBe(naive.Alerts);
        (await LinesAsync(
            """
            select concat_ws(' ', check_id, location, left(condition, 1), since_position, last_position, last_sequence_id)
            from ledger.check_conditions
            """)).ShouldBe(naive.Conditions, ignoreOrder: true);
        (await LinesAsync(
            """
            select format('%s %s %s [%s] [%s] %s', check_id, opened_position, resolved_position,
              array_to_string(array(select jsonb_array_elements_text(locations)), ','),
              array_to_string(array(select jsonb_array_elements_text(failing_locations)), ','), alerts)
            from ledger.incidents
            """)).ShouldBe(naive.Incidents, ignoreOrder: true);
    }

    [Fact]
    public async Task A_second_reading_in_one_batch_makes_the_same_rows_in_every_column()
    {
        daemon = await StartDaemonAsync(3, Both);
        await Task.WhenAll(Enumerable.Range(100, 24).Select(LiveAsync));
        await CatchUpAsync();
        var before = await DumpAsync();
        before.ShouldNotBeEmpty();

        await daemon.DisposeAsync();
        await ScalarAsync<long>(
            """
            with a as (delete from ledger.alerts), c as (delete from ledger.check_conditions), i as (delete from ledger.incidents),
              r as (delete from ledger.check_results)
            select 1::bigint
            """);
        await ForgetCheckpointsAsync();
        daemon = await StartDaemonAsync(Both);
        await CatchUpAsync();

        (await DumpAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Cancelled_runs_and_runs_of_test_sessions_do_not_even_write_a_row_that_others_made()
    {
        var runner = RandomWalk.Runner;
        daemon = await StartDaemonAsync(Both);
        await ReportAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: checks[0])), runner), runner, hasFailures: true);
        await CatchUpAsync();
        const string written =
            """
            select concat(xmin, ctid, a.*::text) from ledger.alerts a where state = 'due'
            union all select concat(xmin, ctid, c.*::text) from ledger.check_conditions c
            union all select concat(xmin, ctid, i.*::text) from ledger.incidents i
            """;
        var before = await LinesAsync(written);
        before.Count.ShouldBe(3);

        await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: checks[0])));
        await ReportAsync(
            await ClaimAsync(await TriggerAsync(Some.Session(Account, SessionKind.Test, checkId: checks[0])), runner), runner, hasFailures: true);
        var tried = await StartRunAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: checks[0])), runner), runner);
        tried = await ExecuteAsync(tried, (state, now) => ReportResult.Decide(
            state, Some.Result(state.Runs[0].SequenceId, runner, ResultType.Attempt, hasFailures: true), now));
        await CatchUpAsync();
        (await LinesAsync("select state from ledger.alerts order by position")).ShouldBe(["due", "suppressed", "pending"]);
        tried = await CancelAsync(tried);
        await ExecuteAsync(tried, (state, now) => ExpireCancel.Decide(
            state, new ExpireCancel(state.Runs[0].SequenceId, state.Runs[0].Cancel!.CancelId), now));
        await CatchUpAsync();

        (await LinesAsync(written)).ShouldBe(before);
        (await LinesAsync("select concat_ws(' ', alert_type, state, reason, cause) from ledger.alerts where state <> 'due' order by position"))
            .ShouldBe(Enumerable.Repeat("ALERT_FAILURE_REMAIN suppressed The run was cancelled, cause user. user", 2));
    }

    private async Task LiveAsync(int seed)
    {
        var walk = new RandomWalk(seed);
        var kind = seed % 6 == 0 ? SessionKind.Test : SessionKind.Check;
        var command = Some.Session(Account, kind, runs: 3, checkId: checks[seed % checks.Length], timeoutSeconds: 60);
        var session = await TriggerAsync(command with
        {
            Runs = [.. command.Runs.Select((run, at) => run with { Location = Locations[(seed + at) % Locations.Length] })],
        });
        for (var step = 0; step < 40; step++)
        {
            await Streams.ExecuteAsync(
                session.Stream, (state, now) => Decision<Session>.Accept(state, walk.Step(state, now)), EventContext.None);
        }
    }

    /// <summary>Every column of every row.</summary>
    private Task<IReadOnlyList<string>> DumpAsync() => LinesAsync(
        """
        (select a.*::text from ledger.alerts a order by position)
        union all (select c.*::text from ledger.check_conditions c order by check_id, location)
        union all (select i.*::text from ledger.incidents i order by opened_position)
        """);

    private async Task<IReadOnlyList<string>> LinesAsync(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return lines;
    }

    private async Task CatchUpAsync() => (await daemon!.WaitForHeadAsync(AlertsReader.ProjectionName, Patience)).ShouldBeTrue();
}
