using Ledger.Projections.Cancellations;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Streams;
using Ledger.Web.Shared;
using AskedOutcome = Ledger.Projections.Cancellations.CancelOutcome;

namespace Ledger.Web.Sessions;

/// <summary>A session as the list draws it. Bounded, however many runs the session has.</summary>
/// <param name="Summary">Its facts and counts.</param>
/// <param name="OpenRuns">Where its open runs stand.</param>
/// <param name="LastCancel">Who asked last to cancel it; null when nobody did.</param>
public sealed record SessionRow(SessionSummary Summary, IReadOnlyList<OpenRunGroup> OpenRuns, AskedCancel? LastCancel)
{
    /// <summary>Whether it was read from the session's stream: read models may each be a moment behind it, and behind each other.</summary>
    public bool IsExact { get; init; }

    /// <summary>The session.</summary>
    public Guid Id => Summary.SessionId;

    /// <summary>Whether a run is not settled.</summary>
    public bool IsOpen => Summary.Runs.Open > 0;

    /// <summary>Its tone: while it is open what its runs are doing, where all of them do the same.</summary>
    public Tone Tone => Tone.Of(Summary.Status, Summary.Runs, OpenRuns.Select(group => group.State));

    /// <summary>Where its runs stand.</summary>
    public RunCounts Counts => RunCounts.Of(
        [
            (Tone.Of(RunState.Passed), Summary.Runs.Passed), (Tone.Of(RunState.Degraded), Summary.Runs.Degraded), (Tone.Of(RunState.Failed), Summary.Runs.Failed),
            (Tone.Of(RunState.TimedOut), Summary.Runs.TimedOut), (Tone.Of(RunState.Lost), Summary.Runs.Lost), (Tone.Of(RunState.Cancelled), Summary.Runs.Cancelled),
            .. OpenRuns.GroupBy(group => group.State, (state, groups) => (Tone.Of(state), groups.Sum(group => group.Count))),
        ],
        Summary.Runs.Open);

    /// <summary>What became of the last request to cancel, before the name of who asked.</summary>
    public static string WordsOf(AskedOutcome outcome) => outcome switch
    {
        AskedOutcome.Pending => "Being cancelled by",
        AskedOutcome.Finished => "Too late: cancel asked for by",
        _ => "Cancelled by",
    };

    /// <summary>The row of a session that was read from its stream.</summary>
    public static SessionRow Of(SessionSnapshot snapshot) =>
        new(SessionSummary.Of(snapshot), OpenRunGroup.Of(snapshot.Session), AskedCancel.LastOf(snapshot.Session)) { IsExact = true };
}
