using Ledger.Projections.Cancellations;
using Ledger.Projections.CheckResults;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Tests.Cancellations;

/// <summary>What the audit should say, computed the slow way: every session folded whole, every mean from all results before it.</summary>
internal sealed class Recomputation
{
    private readonly List<(StreamId Stream, Session Session, IReadOnlyList<RecordedEvent> Events)> sessions;
    private readonly List<ResultFact> results;

    public Recomputation(IReadOnlyList<RecordedEvent> events)
    {
        sessions =
        [
            .. events.GroupBy(recorded => recorded.Stream).Select(stream => (
                stream.Key,
                stream.Aggregate((Session?)null, (session, recorded) => Session.Fold(session, recorded.Data))!,
                (IReadOnlyList<RecordedEvent>)[.. stream])),
        ];
        results = ResultsOf(events);
    }

    /// <summary>Every request, accepted or refused, in the order of the log.</summary>
    public IReadOnlyList<CancelEntry> Entries =>
        [.. sessions.SelectMany(each => Accepted(each.Stream, each.Session, each.Events).Concat(Refused(each.Session, each.Events))).OrderBy(entry => entry.Position)];

    /// <summary>The results that events brought.</summary>
    public static List<ResultFact> ResultsOf(IReadOnlyList<RecordedEvent> events) => [.. events.Select(ResultFact.Of).OfType<ResultFact>()];

    private IEnumerable<CancelEntry> Accepted(StreamId stream, Session session, IReadOnlyList<RecordedEvent> events)
    {
        foreach (var cancel in session.Cancels.Values)
        {
            var requests = events.Where(recorded => recorded.Data is CancelRequested e && e.CancelId == cancel.CancelId).ToList();
            var first = (CancelRequested)requests[0].Data;
            var escalation = requests.Skip(1).Select(recorded => (CancelRequested)recorded.Data).FirstOrDefault();
            var runs = first.Targets.Select(target => RunOf(stream, session.FindRun(target)!, events)).ToList();
            yield return new CancelEntry(cancel.CancelId, session.Id, requests[0].Position)
            {
                SessionKind = session.Kind,
                SessionName = session.Name,
                Project = session.Project,
                Actor = cancel.Actor,
                Via = cancel.Via,
                Cause = cancel.Cause,
                Reason = cancel.Reason,
                Forced = cancel.Forced,
                Escalation = escalation is null ? null : new CancelEscalation(escalation.Actor, escalation.Via, escalation.At),
                SupersededBy = cancel.SupersededBy,
                Origin = first.Origin,
                RequestedAt = cancel.RequestedAt,
                SettledAt = runs.TrueForAll(run => run.SettledAt is not null) ? runs.Max(run => run.SettledAt) : null,
                Outcome = OutcomeOf(runs),
                Runs = runs,
                Skipped = cancel.Skipped,
            };
        }
    }

    private static IEnumerable<CancelEntry> Refused(Session session, IReadOnlyList<RecordedEvent> events) => session.Refusals.Select(refused =>
        new CancelEntry(refused.CancelId, session.Id, events.First(recorded => ReferenceEquals(recorded.Data, refused)).Position)
        {
            SessionKind = session.Kind,
            SessionName = session.Name,
            Project = session.Project,
            Actor = refused.Actor,
            Via = refused.Via,
            Cause = refused.Cause,
            Reason = refused.Reason,
            Forced = false,
            Origin = refused.Origin,
            RequestedAt = refused.At,
            SettledAt = refused.At,
            Outcome = CancelOutcome.Refused,
            Skipped = refused.Skipped,
        });

    private CancelledRun RunOf(StreamId stream, Run run, IReadOnlyList<RecordedEvent> events)
    {
        var cancel = run.Cancel!;
        var outcome = run switch
        {
            { IsOpen: true } => CancelRunOutcome.Pending,
            { Cancel.Expired: true } => CancelRunOutcome.Expired,
            { State: RunState.Cancelled } => CancelRunOutcome.Cancelled,
            _ => CancelRunOutcome.Finished,
        };
        return new CancelledRun(run.SequenceId, run.Plan.CheckId, run.Plan.CheckType, run.Plan.Name, run.Plan.Location)
        {
            StartedAt = run.StartedAt,
            RequestedAt = cancel.RequestedAt,
            DeliveredAt = cancel.DeliveredAt,
            Channel = cancel.Channel,
            AcknowledgedAt = cancel.AcknowledgedAt,
            StoppedAt = cancel.StoppedAt,
            SettledAt = run.SettledAt,
            Forced = cancel.Forced,
            How = cancel.How,
            ExitCode = cancel.ExitCode,
            Signal = cancel.Signal,
            DurationMs = cancel.DurationMs,
            Evidence = cancel.Evidence,
            State = run.State,
            Outcome = outcome,
            RunnerTimeFreedMs = outcome is CancelRunOutcome.Cancelled ? Freed(stream, run, events) : null,
        };
    }

    /// <summary>The mean of all counted results before the stop, or the limit, less what the run had taken (docs/audit.md).</summary>
    private long? Freed(StreamId stream, Run run, IReadOnlyList<RecordedEvent> events)
    {
        var settled = events.First(recorded => recorded.Data switch
        {
            RunAborted e => e.SequenceId == run.SequenceId,
            ResultReported { Settles: true } e => e.SequenceId == run.SequenceId,
            _ => false,
        });
        var before = results
            .Where(result => result.Position < settled.Position && result.Run.AccountId == stream.AccountId && result.HasCheck
                && result.CheckId == run.Plan.CheckId && result.Location == run.Plan.Location && result.ResponseTime is not null
                && result.Outcome is (RunState.Passed or RunState.Failed or RunState.Degraded))
            .Select(result => result.ResponseTime!.Value)
            .ToList();
        var expected = before.Count > 0 ? before.Sum() / before.Count : run.Plan.TimeoutSeconds * 1_000L;
        var taken = run.StartedAt is { } start
            ? Math.Max(0, run.SettledAt!.Value.ToUnixTimeMilliseconds() - start.ToUnixTimeMilliseconds())
            : 0;
        return expected is null ? null : Math.Max(0, expected.Value - taken);
    }

    private static CancelOutcome OutcomeOf(IReadOnlyCollection<CancelledRun> runs)
    {
        bool Any(CancelRunOutcome outcome) => runs.Any(run => run.Outcome == outcome);
        return Any(CancelRunOutcome.Pending) ? CancelOutcome.Pending
            : Any(CancelRunOutcome.Expired) ? CancelOutcome.Expired
            : !Any(CancelRunOutcome.Finished) ? CancelOutcome.Cancelled
            : Any(CancelRunOutcome.Cancelled) ? CancelOutcome.PartlyCancelled
            : CancelOutcome.Finished;
    }
}
