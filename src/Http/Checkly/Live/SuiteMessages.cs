using System.Globalization;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// What subscribers are told, and when. Each run is told to be over exactly when it is settled, by whichever fact comes first;
/// whatever a runner reports afterwards changes nothing that clients are shown.
/// </summary>
public static class SuiteMessages
{
    /// <summary>What an event means to subscribers; null for nothing.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="before">The session before the event.</param>
    /// <param name="after">The session after it.</param>
    /// <param name="data">The event.</param>
    public static SuiteMessage? Of(SuiteKey suite, Session before, Session after, ISessionEvent data)
    {
        if (data is not IRunEvent e
            || before.FindRun(e.SequenceId) is not { IsOpen: true }
            || after.FindRun(e.SequenceId) is not { } run)
        {
            return null;
        }

        return (run.IsOpen, data) switch
        {
            (false, _) => Settled(suite, after, run),
            (true, RunStarted) => SuiteMessage.Started(suite, run),
            (true, ResultReported) => SuiteMessage.Reported(suite, RunResult.AttemptsOf(run).Last()),
            _ => null,
        };
    }

    /// <summary>Where each run of a session stands, in the order of the runs; queued ones are left out. Made one by one, as they are read.</summary>
    public static IEnumerable<SuiteMessage> Now(SuiteKey suite, Session session)
    {
        foreach (var run in session.Runs)
        {
            if (!run.IsOpen)
            {
                yield return Settled(suite, session, run);
            }
            else if (run.StartedAt is not null)
            {
                yield return SuiteMessage.Started(suite, run);
            }
        }
    }

    private static SuiteMessage Settled(SuiteKey suite, Session session, Run run) => run.State switch
    {
        RunState.TimedOut => SuiteMessage.Failed(suite, run, TimedOut(run)),
        RunState.Lost => SuiteMessage.Failed(suite, run, $"The runner {run.RunnerId} was lost while it executed the check."),
        _ => SuiteMessage.Reported(suite, RunResult.Of(session.Kind, run)),
    };

    private static string TimedOut(Run run) => run.Plan.TimeoutSeconds is { } seconds
        ? string.Create(CultureInfo.InvariantCulture, $"The check exceeded its limit of {seconds} s.")
        : "The check exceeded its time limit.";
}
