using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;

namespace Ledger.Projections.Tests.OpenRuns;

public sealed class OpenRunsProjectionTests
{
    private readonly OpenRunsProjection projection = new();

    [Fact]
    public void There_is_a_row_for_every_open_run_and_it_says_what_the_run_says()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var rows = new Rows<RunKey, OpenRunRow>();
            var walk = new RandomWalk(seed);
            var stream = new RecordedStream(walk.Trigger(Guid.NewGuid()));
            projection.Apply(stream.Events[0], rows);
            for (var step = 0; step < 40; step++)
            {
                foreach (var recorded in stream.Add(walk.Step))
                {
                    projection.Apply(recorded, rows);
                }

                rows.Added.Select(row => (row.Key.SequenceId, row.Value)).OrderBy(row => row.Value.Ordinal)
                    .ShouldBe(Expected(stream.Session, stream.Events[0].Position), $"seed {seed}, step {step}");
            }
        }
    }

    [Fact]
    public void Every_stored_row_that_an_event_changes_is_among_its_keys()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var walk = new RandomWalk(seed);
            var stream = new RecordedStream(walk.Trigger(Guid.NewGuid()));
            var stored = new Rows<RunKey, OpenRunRow>();
            projection.Apply(stream.Events[0], stored);
            for (var step = 0; step < 40; step++)
            {
                foreach (var recorded in stream.Add(walk.Step))
                {
                    var all = stored.Added.ToDictionary();
                    var loaded = new Rows<RunKey, OpenRunRow>();
                    foreach (var key in projection.KeysOf(recorded).Where(all.ContainsKey))
                    {
                        loaded.Load(key, all[key]);
                    }

                    projection.Apply(recorded, loaded);
                    projection.Apply(recorded, stored);
                    foreach (var removed in loaded.Removed)
                    {
                        all.Remove(removed);
                    }

                    foreach (var (key, row) in loaded.Changed)
                    {
                        all[key] = row;
                    }

                    all.ShouldBe(stored.Added, ignoreOrder: true);
                }
            }
        }
    }

    /// <summary>The open runs of a session as the session itself knows them.</summary>
    internal static IEnumerable<(Guid SequenceId, OpenRunRow Row)> Expected(Session session, long number) =>
        session.Runs.Select((run, ordinal) => (run, ordinal)).Where(each => each.run.IsOpen).Select(each => (each.run.SequenceId, new OpenRunRow
        {
            SessionNumber = number,
            Ordinal = each.ordinal,
            Project = session.Project,
            ConcurrencyGroup = session.ConcurrencyGroup,
            Location = each.run.Plan.Location,
            CheckType = each.run.Plan.CheckType,
            TimeoutSeconds = each.run.Plan.TimeoutSeconds,
            State = each.run.State,
            RunnerId = each.run.RunnerId,
            LeaseSeconds = each.run.LeaseSeconds,
            ClaimedAt = each.run.ClaimedAt,
            StartedAt = each.run.StartedAt,
            CancelId = each.run.Cancel?.CancelId,
            CancelRequestedAt = each.run.Cancel?.RequestedAt,
            CancelForced = each.run.Cancel?.Forced ?? false,
            CancelAcknowledged = each.run.Cancel?.AcknowledgedAt is not null,
        }));
}
