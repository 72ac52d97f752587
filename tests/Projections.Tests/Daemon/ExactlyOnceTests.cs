using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Support;

namespace Ledger.Projections.Tests.Daemon;

public sealed class ExactlyOnceTests : LedgerTest
{
    [Fact]
    public async Task Rows_equal_a_recomputation_although_owners_are_killed_again_and_again()
    {
        var daemon = await StartDaemonAsync(
            Brisk with { BatchSize = 7 }, SessionListReader.CreateProjection(), OpenRunsReader.CreateProjection());
        var lives = Enumerable.Range(0, 60).Select(LiveAsync).ToList();
        foreach (var life in lives.Chunk(6))
        {
            await Task.WhenAll(life);
            await Eventually.Become(async () => await KillOwnersAsync() > 0);
        }

        await ShouldEqualARecomputationAsync(daemon);
    }

    [Fact]
    public async Task Rows_equal_a_recomputation_although_the_daemon_is_stopped_again_and_again()
    {
        var work = Task.WhenAll(Enumerable.Range(0, 60).Select(LiveAsync));
        do
        {
            var brief = new ProjectionDaemon(
                [SessionListReader.CreateProjection(), OpenRunsReader.CreateProjection()],
                Store,
                subscribe: null,
                DataSource,
                Brisk with { BatchSize = 5 });
            await brief.StartAsync();
            await brief.WaitForAsync(SessionListReader.ProjectionName, await CheckpointAsync() + 10, TimeSpan.FromMilliseconds(500));
            await brief.DisposeAsync();
        }
        while (!work.IsCompleted);

        await work;
        await ShouldEqualARecomputationAsync(
            await StartDaemonAsync(Brisk, SessionListReader.CreateProjection(), OpenRunsReader.CreateProjection()));
    }

    private async Task LiveAsync(int seed)
    {
        var walk = new RandomWalk(seed);
        var session = await TriggerAsync(walk.Trigger(Account));
        for (var step = 0; step < 25; step++)
        {
            await Streams.ExecuteAsync(
                session.Stream, (state, now) => Decision<Session>.Accept(state, walk.Step(state, now)), EventContext.None);
        }
    }

    private Task<long> CheckpointAsync() =>
        ScalarAsync<long>("select coalesce(max(last_seq_id), 0) from ledger.mt_event_progression where name = 'session_list:1'");

    private async Task ShouldEqualARecomputationAsync(ProjectionDaemon daemon)
    {
        (await daemon.WaitForHeadAsync(SessionListReader.ProjectionName, Patience)).ShouldBeTrue();
        (await daemon.WaitForHeadAsync(OpenRunsReader.ProjectionName, Patience)).ShouldBeTrue();
        var sessions = await FoldEverythingAsync();
        await using var connection = await DataSource.OpenConnectionAsync();

        var listed = new Rows<StreamId, SessionListRow>();
        await SessionListTable.LoadAsync(connection, [.. sessions.Select(session => session.Stream)], listed, default);
        foreach (var session in sessions)
        {
            listed.Get(session.Stream).ShouldBe(new SessionListRow(
                session.Session.Kind, RunTally.Of(session.Session.Runs), session.Session.SettledAt, session.LastPosition));
        }

        (await ScalarAsync<long>("select count(*) from ledger.session_list")).ShouldBe(sessions.Count);

        var expected = sessions
            .SelectMany(session => OpenRunsProjectionTests.Expected(session.Session, session.FirstPosition)
                .Select(run => KeyValuePair.Create(
                    new RunKey(session.Session.AccountId, session.Session.Id, run.SequenceId), run.Row)))
            .ToList();
        var open = new Rows<RunKey, OpenRunRow>();
        await OpenRunsTable.LoadAsync(connection, [.. expected.Select(run => run.Key)], open, default);
        expected.ShouldAllBe(run => run.Value == open.Find(run.Key));
        (await ScalarAsync<long>("select count(*) from ledger.open_runs")).ShouldBe(expected.Count);
    }
}
