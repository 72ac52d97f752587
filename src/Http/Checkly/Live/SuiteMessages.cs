using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// What subscribers are told, and when. Each run is told to be over exactly when it is settled, by whichever fact comes first;
/// whatever a runner reports afterwards changes nothing that clients are shown.
/// </summary>
public static class SuiteMessages
{
    /// <summary>What an event means to subscribers.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="before">The session before the event.</param>
    /// <param name="after">The session after it.</param>
    /// <param name="data">The event.</param>
    public static IEnumerable<SuiteMessage> Of(SuiteKey suite, Session before, Session after, ISessionEvent data)
    {
        if (data is not IRunEvent e
            || before.FindRun(e.SequenceId) is not { IsOpen: true }
            || after.FindRun(e.SequenceId) is not { } run)
        {
            return [];
        }

        return (run.IsOpen, data) switch
        {
            (false, _) => Settled(suite, after, run),
            (true, RunStarted) => [SuiteMessage.Started(suite, run)],
            (true, ResultReported) => [SuiteMessage.Reported(suite, RunResult.AttemptsOf(run).Last())],
            _ => [],
        };
    }

    /// <summary>Where each run of a session stands, in the order of the runs; queued ones are left out. Made one by one, as they are read.</summary>
    public static IEnumerable<SuiteMessage> Now(SuiteKey suite, Session session) => session.Runs.SelectMany(run => run switch
    {
        { IsOpen: false } => Settled(suite, session, run),
        { StartedAt: not null } => [SuiteMessage.Started(suite, run)],
        _ => [],
    });

    /// <summary>
    /// A run that ends without having started is told as started first: the command line goes on waiting for starts, 20 seconds from the
    /// beginning, and does not exit before.
    /// </summary>
    private static IEnumerable<SuiteMessage> Settled(SuiteKey suite, Session session, Run run)
    {
        if (run.StartedAt is null)
        {
            yield return SuiteMessage.Started(suite, run);
        }

        yield return SuiteMessage.Reported(suite, RunResult.Of(session.Kind, run));
    }
}
