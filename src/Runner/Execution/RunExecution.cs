using Ledger.Runner.Folders;
using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Execution;

/// <summary>Where one run stands on this runner. It only moves forward.</summary>
internal enum RunPhase
{
    /// <summary>Under a lease; the ledger has not yet agreed to the start.</summary>
    Claimed,

    /// <summary>The command runs.</summary>
    Running,

    /// <summary>The command is being ended.</summary>
    Stopping,

    /// <summary>Execution is over; the ledger has still to be told.</summary>
    Reporting,

    /// <summary>Nothing is left to do.</summary>
    Done,
}

/// <summary>
/// The life of one claimed run: heartbeats from the claim on, start, execution, stop, report. Everything that can end it early goes through
/// <see cref="StopRequests"/>; everything that it tells the ledger about the outcome goes through its <see cref="Outbox"/>.
/// </summary>
internal sealed class RunExecution
{
    private readonly RunnerOptions options;
    private readonly Launcher launcher;
    private readonly RunFolders folders;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly StopRequests stops = new();
    private readonly Heartbeats heartbeats;
    private readonly Starting starting;
    private readonly RunReports reports;
    private readonly Lock gate = new();
    private RunFolder? folder;
    private volatile Supervision? supervision;

    public RunExecution(
        ClaimedRun run,
        RunnerOptions options,
        LedgerClient ledger,
        Launcher launcher,
        RunFolders folders,
        TimeProvider time,
        ILogger log,
        CancellationToken giveUp)
    {
        Run = run;
        Label = $"{LogLine.Of(run.Name)} ({run.SequenceId})";
        this.options = options;
        this.launcher = launcher;
        this.folders = folders;
        this.time = time;
        this.log = log;
        heartbeats = new Heartbeats(ledger, run, Label, time, log);
        starting = new Starting(ledger, run, heartbeats, new Backoff(options.Retry, time));
        reports = new RunReports(run, ledger, new Outbox(Label, options.Retry, time, log, giveUp));
    }

    /// <summary>What was claimed.</summary>
    public ClaimedRun Run { get; }

    /// <summary>The run, as the log names it.</summary>
    public string Label { get; }

    /// <summary>Where it stands.</summary>
    public RunPhase Phase { get; private set; }

    /// <summary>Whether the ledger was told everything that it should know. False as long as it was not.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Executes the run to its end; returns when everything about it is delivered or given up.</summary>
    public async Task ExecuteAsync()
    {
        using var reported = new CancellationTokenSource();
        var beating = heartbeats.BeatAsync(Cancel, Disown, reported.Token);
        try
        {
            var ending = await LiveAsync();
            Enter(RunPhase.Reporting);
            // Nothing waits for the files of the run to be deleted, least of all the ledger.
            var deleting = folder?.DisposeAsync().AsTask() ?? Task.CompletedTask;
            await TellAsync(ending);
            await deleting;
        }
        finally
        {
            await reported.CancelAsync();
            await beating;
            Enter(RunPhase.Done);
        }
    }

    /// <summary>Takes a cancel from wherever it came: stream, heartbeat, claim or drain. Repeating one is harmless.</summary>
    public void Cancel(CancelOrder order)
    {
        lock (gate)
        {
            if (Phase >= RunPhase.Reporting)
            {
                // Its end is on the way to the ledger, which decides what came first (docs/domain.md#rule-3).
                return;
            }

            var (isNew, escalates) = stops.Add(order);
            if (isNew)
            {
                log.LogInformation("{Run}: cancel {CancelId}: {Reason}", Label, order.CancelId, LogLine.Of(order.Reason));
                reports.Acknowledge(order.CancelId);
            }

            if (escalates)
            {
                log.LogInformation("{Run}: the cancel is forced", Label);
            }
        }
    }

    /// <summary>
    /// The ledger has no use for the run any more: ends it at once, without a report. Not so a run that is being ended at its own limit:
    /// it keeps its grace period, in which it writes what it has found, and its report is wanted for that, be it late.
    /// </summary>
    public void Disown(string why)
    {
        if (supervision is { IsOverLimit: true })
        {
            log.LogInformation("{Run}: is being ended at its limit: {Why}", Label, why);
            return;
        }

        Force(why, stops.Disown);
    }

    /// <summary>This runner cannot keep the run: ends it at once. An open cancel is still reported, else nothing is.</summary>
    public void EndNow(string why) => Force(why, stops.EndNow);

    private void Force(string why, Action<string> wish)
    {
        lock (gate)
        {
            if (Phase < RunPhase.Reporting)
            {
                log.LogWarning("{Run}: ending it now: {Why}", Label, why);
                wish(why);
            }
        }
    }

    private async Task<Ending> LiveAsync()
    {
        RunSpec spec;
        RunLog output;
        try
        {
            spec = RunSpec.Parse(Run);
            output = Opened("log", () => new RunLog(options.LogDirectory, Run.SequenceId, log));
        }
        catch (UnusableSpecException e)
        {
            return new Ending.Unusable(e.Message);
        }

        await using (output)
        {
            if (await StartingAsync() is { } never)
            {
                return never;
            }

            try
            {
                folder = Opened("directory", () => folders.Create(Run.SequenceId));
                Enter(RunPhase.Running);
                log.LogInformation("{Run}: started, output in {LogFile}", Label, output.Path);
                return await ExecutingAsync(new Scene(Run, spec, folder, output, options.WorkDirectory));
            }
            catch (UnusableSpecException e)
            {
                return new Ending.Unusable(e.Message);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new Ending.Unusable($"the files of the run are out of order: {e.Message}");
            }
        }
    }

    // Null means go: nothing runs without the ledger's word, and nothing starts that was cancelled meanwhile.
    private async Task<Ending?> StartingAsync()
    {
        await starting.AskAsync(Cancel, Disown, stops.Requested);
        return stops switch
        {
            { Disowned: { } why } => new Ending.Disowned(why),
            { Cancel: { } cancel } => new Ending.Stopped(cancel, Stop.BeforeStart, TimeSpan.Zero, Span: null, Output: null),
            { Ended: { } why } => new Ending.Dropped(why),
            _ => null,
        };
    }

    private async Task<Ending> ExecutingAsync(Scene scene)
    {
        using var watching = new Supervision(stops, scene.Spec.Timeout, options.Grace, time)
        {
            Stopping = () => Enter(RunPhase.Stopping),
            Stopped = (stop, took) => log.LogInformation(
                "{Run}: {How} after {Milliseconds:0} ms, {Left}", Label, stop.How, took.TotalMilliseconds, stop.Remains),
        };
        supervision = watching;
        return await new RunSteps(launcher, scene, watching, reports, time).ExecuteAsync();
    }

    private async Task TellAsync(Ending ending)
    {
        switch (ending)
        {
            case Ending.Finished finished:
                LogFinished(finished.Exit);
                reports.Finished(finished);
                break;
            case Ending.Stopped stopped:
                reports.Stopped(stopped);
                break;
            case Ending.Unusable unusable:
                log.LogError("{Run}: not executed: {Why}", Label, unusable.Message);
                reports.Unusable(unusable);
                break;
            case Ending.TimedOut timedOut:
                log.LogWarning("{Run}: ran longer than its limit of {Seconds} s", Label, timedOut.Limit.TotalSeconds);
                reports.TimedOut(timedOut);
                break;
            case Ending.Disowned disowned:
                log.LogWarning("{Run}: not reported: {Why}", Label, disowned.Why);
                break;
            case Ending.Dropped dropped:
                log.LogError("{Run}: killed and not reported, the ledger will count it as lost: {Why}", Label, dropped.Why);
                break;
            default:
                throw new InvalidOperationException($"an ending that nobody reports: {ending.GetType().Name}");
        }

        await reports.CompleteAsync();
        IsSettled = ending is not Ending.Dropped && reports.AreDelivered;
    }

    private void LogFinished(Exit exit)
    {
        if (exit.Code is { } code)
        {
            log.LogInformation("{Run}: ended with exit code {ExitCode}", Label, code);
        }
        else
        {
            log.LogInformation("{Run}: {Outcome}", Label, LogLine.Of(exit.IsFailed ? exit.Message ?? "failed" : "passed"));
        }
    }

    private static T Opened<T>(string what, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableSpecException($"the {what} of the run cannot be made: {e.Message}");
        }
    }

    private void Enter(RunPhase phase)
    {
        lock (gate)
        {
            Phase = phase;
        }
    }
}
