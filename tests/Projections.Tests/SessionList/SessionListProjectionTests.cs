using Ledger.Projections.Daemon;
using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Projections.Tests.SessionList;

public sealed class SessionListProjectionTests
{
    private readonly SessionListProjection projection = new();
    private readonly Rows<StreamId, SessionListRow> rows = new();

    [Fact]
    public void A_row_says_after_every_event_what_the_session_itself_says()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var walk = new RandomWalk(seed);
            var stream = new RecordedStream(walk.Trigger(Guid.NewGuid()));
            projection.Apply(stream.Events[0], rows);
            for (var step = 0; step < 40; step++)
            {
                foreach (var recorded in stream.Add(walk.Step))
                {
                    projection.Apply(recorded, rows);
                }

                var row = rows.Get(stream.Stream);
                row.Runs.ShouldBe(RunTally.Of(stream.Session.Runs), $"seed {seed}, step {step}");
                row.Status.ShouldBe(stream.Session.Status);
                row.SettledAt.ShouldBe(stream.Session.SettledAt);
                row.LastPosition.ShouldBe(stream.Events[^1].Position);
                row.Version.ShouldBe(stream.Events[^1].Version);
                row.FirstRuns?.States.ShouldBe(FirstRuns.Of(stream.Session.Runs.Select(run => (run.SequenceId, run.State))).States);
                row.Run.ShouldBe(stream.Session.Kind is SessionKind.Run ? RunSummary.Of(stream.Session.Runs[0]) : null, $"seed {seed}, step {step}");
            }
        }
    }

    [Fact]
    public void The_number_is_the_position_of_the_first_event()
    {
        var stream = new RecordedStream(Some.Session(Guid.NewGuid()));

        projection.Apply(stream.Events[0], rows);

        rows.Get(stream.Stream).Facts!.Number.ShouldBe(stream.Events[0].Position);
    }

    [Fact]
    public void An_event_of_a_session_that_never_began_is_not_passed_over()
    {
        var stream = new RecordedStream(Some.Session(Guid.NewGuid()));
        var claimed = stream.Add((session, now) =>
            ClaimRun.Decide(session, new ClaimRun(session.Runs[0].SequenceId, "runner-1", 30), now).Events);

        Should.Throw<InvalidOperationException>(() => projection.Apply(claimed[0], rows));
    }
}
