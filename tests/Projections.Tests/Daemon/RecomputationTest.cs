using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>Tests that compare the rows with what all streams say when each is folded from its first event.</summary>
public abstract class RecomputationTest : LedgerTest
{
    protected RecomputationTest()
    {
    }

    protected RecomputationTest(string connectionString)
        : base(connectionString)
    {
    }

    private protected static Projection[] Both => [new SessionListProjection(), new OpenRunsProjection()];

    /// <summary>The arbitrary life of one session.</summary>
    protected async Task LiveAsync(int seed)
    {
        var walk = new RandomWalk(seed);
        var session = await TriggerAsync(walk.Trigger(Account));
        for (var step = 0; step < 25; step++)
        {
            await Streams.ExecuteAsync(
                session.Stream, (state, now) => Decision<Session>.Accept(state, walk.Step(state, now)), EventContext.None);
        }
    }

    private protected async Task ShouldEqualARecomputationAsync(ReadModelHost daemon)
    {
        (await daemon.WaitForHeadAsync(SessionListReader.ProjectionName, Recovery)).ShouldBeTrue();
        (await daemon.WaitForHeadAsync(OpenRunsReader.ProjectionName, Recovery)).ShouldBeTrue();
        var sessions = await FoldEverythingAsync();
        await using var connection = await DataSource.OpenConnectionAsync();
        await ProjectionSchema.UseAsync(connection, ProjectionSchema.Live, default);

        var listed = new Rows<StreamId, SessionListRow>();
        await SessionListTable.LoadAsync(connection, [.. sessions.Select(session => session.Stream)], listed, default);
        foreach (var session in sessions)
        {
            var row = listed.Get(session.Stream);
            (row.Kind, row.Runs, row.Version, row.LastPosition, row.SettledAt).ShouldBe((
                session.Session.Kind,
                RunTally.Of(session.Session.Runs),
                session.Version,
                session.LastPosition,
                session.Session.SettledAt));
            row.Run.ShouldBe(session.Session.Kind is SessionKind.Run ? RunSummary.Of(session.Session.Runs[0]) : null);
            row.FirstRuns?.States.ShouldBe(SessionSummary.Of(session).FirstRuns!.States);
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
