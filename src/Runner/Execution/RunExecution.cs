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
    // How often the run's descendants are noted, so that they are still known when their parents are gone.
    private static readonly TimeSpan RememberInterval = TimeSpan.FromSeconds(5);
    private readonly RunnerOptions _options;
    private readonly Launcher _launcher;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly StopRequests _stops = new();
    private readonly Heartbeats _heartbeats;
    private readonly Starting _starting;
    private readonly RunReports _reports;
    private readonly Lock _gate = new();

    public RunExecution(
        ClaimedRun run,
        RunnerOptions options,
        LedgerClient ledger,
        Launcher launcher,
        TimeProvider time,
        ILogger log,
        CancellationToken giveUp)
    {
        Run = run;
        Label = $"{LogLine.Of(run.Name)} ({run.SequenceId})";
        _options = options;
        _launcher = launcher;
        _time = time;
        _log = log;
        _heartbeats = new Heartbeats(ledger, run, Label, time, log);
        _starting = new Starting(ledger, run, _heartbeats, new Backoff(options.Retry, time));
        _reports = new RunReports(run, ledger, new Outbox(Label, options.Retry, time, log, giveUp));
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
        var beating = _heartbeats.BeatAsync(Cancel, Disown, reported.Token);
        try
        {
            var ending = await LiveAsync();
            Enter(RunPhase.Reporting);
            await TellAsync(ending);
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
        lock (_gate)
        {
            if (Phase >= RunPhase.Reporting)
            {
                // Its end is on the way to the ledger, which decides what came first (domain.md rule 3).
                return;
            }

            var (isNew, escalates) = _stops.Add(order);
            if (isNew)
            {
                _log.LogInformation("{Run}: cancel {CancelId}: {Reason}", Label, order.CancelId, LogLine.Of(order.Reason));
                _reports.Acknowledge(order.CancelId);
            }

            if (escalates)
            {
                _log.LogInformation("{Run}: the cancel is forced", Label);
            }
        }
    }

    /// <summary>The ledger has no use for the run any more: ends it at once, without a report.</summary>
    public void Disown(string why) => Force(why, _stops.Disown);

    /// <summary>This runner cannot keep the run: ends it at once. An open cancel is still reported, else nothing is.</summary>
    public void EndNow(string why) => Force(why, _stops.EndNow);

    private void Force(string why, Action<string> wish)
    {
        lock (_gate)
        {
            if (Phase < RunPhase.Reporting)
            {
                _log.LogWarning("{Run}: ending it now: {Why}", Label, why);
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
            spec = RunSpec.Parse(Run.Spec);
            output = OpenLog();
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

            var span = new OpenSpan(_time);
            try
            {
                await using var workload = await _launcher.StartAsync(Run, spec, output);
                Enter(RunPhase.Running);
                _log.LogInformation("{Run}: started, output in {LogFile}", Label, output.Path);
                return await ExecutingAsync(workload, spec, span, output);
            }
            catch (UnusableSpecException e)
            {
                return new Ending.Unusable(e.Message);
            }
        }
    }

    // Null means go: nothing runs without the ledger's word, and nothing starts that was cancelled meanwhile.
    private async Task<Ending?> StartingAsync()
    {
        await _starting.AskAsync(Cancel, Disown, _stops.Requested);
        return _stops switch
        {
            { Disowned: { } why } => new Ending.Disowned(why),
            { Cancel: { } cancel } => new Ending.Stopped(cancel, Stop.BeforeStart, TimeSpan.Zero, Span: null, Output: null),
            { Ended: { } why } => new Ending.Dropped(why),
            _ => null,
        };
    }

    private async Task<Ending> ExecutingAsync(IWorkload workload, RunSpec spec, OpenSpan span, RunLog output)
    {
        using var over = new CancellationTokenSource();
        var limit = Task.Delay(spec.Timeout ?? Timeout.InfiniteTimeSpan, _time, over.Token);
        while (!workload.Exited.IsCompleted && !_stops.Requested.IsCompleted && !limit.IsCompleted)
        {
            await Task.WhenAny(workload.Exited, _stops.Requested, limit, Task.Delay(RememberInterval, _time, over.Token));
            workload.Remember();
        }

        await over.CancelAsync();
        if (workload.HasEnded)
        {
            // It ended by itself before a stop could take effect: its real result counts (domain.md rule 3).
            var ended = span.End();
            var left = await workload.CleanAsync();
            var exitCode = await workload.Exited;
            return _stops.Disowned is { } why
                ? new Ending.Disowned(why)
                : new Ending.Finished(exitCode, workload.Problem(exitCode), left, ended, new RunOutput(output.Path, output.Tail()));
        }

        return await StoppingAsync(workload, spec, span, output);
    }

    private async Task<Ending> StoppingAsync(IWorkload workload, RunSpec spec, OpenSpan span, RunLog output)
    {
        Enter(RunPhase.Stopping);
        var since = _time.GetTimestamp();
        var stop = await workload.StopAsync(_options.Grace, _stops.Forced);
        var took = _time.GetElapsedTime(since);
        _log.LogInformation(
            "{Run}: {How} after {Milliseconds:0} ms, {Left} processes left", Label, stop.How, took.TotalMilliseconds, stop.ProcessesLeft);
        var written = new RunOutput(output.Path, output.Tail());
        return _stops switch
        {
            { Disowned: { } why } => new Ending.Disowned(why),
            { Cancel: { } cancel } => new Ending.Stopped(cancel, stop, took, span.End(), written),
            { Ended: { } why } => new Ending.Dropped(why),
            _ => new Ending.TimedOut(spec.Timeout.GetValueOrDefault(), stop, span.End(), written),
        };
    }

    private async Task TellAsync(Ending ending)
    {
        switch (ending)
        {
            case Ending.Finished finished:
                _log.LogInformation("{Run}: ended with exit code {ExitCode}", Label, finished.ExitCode);
                _reports.Finished(finished);
                break;
            case Ending.Stopped stopped:
                _reports.Stopped(stopped);
                break;
            case Ending.Unusable unusable:
                _log.LogError("{Run}: not executed: {Why}", Label, unusable.Message);
                _reports.Unusable(unusable);
                break;
            case Ending.TimedOut timedOut:
                await TellTimedOutAsync(timedOut);
                break;
            case Ending.Disowned disowned:
                _log.LogWarning("{Run}: not reported: {Why}", Label, disowned.Why);
                break;
            case Ending.Dropped dropped:
                _log.LogError("{Run}: killed and not reported, the ledger will count it as lost: {Why}", Label, dropped.Why);
                break;
            default:
                throw new InvalidOperationException($"an ending that nobody reports: {ending.GetType().Name}");
        }

        await _reports.CompleteAsync();
        IsSettled = ending is not Ending.Dropped && _reports.AreDelivered;
    }

    // The ledger watches the same limit and may have settled the run: its word stands, and a result would only be late.
    private async Task TellTimedOutAsync(Ending.TimedOut ending)
    {
        _log.LogWarning("{Run}: ran longer than its limit of {Seconds} s", Label, ending.Limit.TotalSeconds);
        var isSettled = false;
        await _heartbeats.OnceAsync(_ => { }, _ => isSettled = true, CancellationToken.None);
        if (!isSettled)
        {
            _reports.TimedOut(ending);
        }
    }

    private RunLog OpenLog()
    {
        try
        {
            return new RunLog(_options.LogDirectory, Run.SequenceId, _log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableSpecException($"the log of the run cannot be written: {e.Message}");
        }
    }

    private void Enter(RunPhase phase)
    {
        lock (_gate)
        {
            Phase = phase;
        }
    }
}
