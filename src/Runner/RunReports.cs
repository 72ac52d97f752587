using System.Threading.Channels;

namespace Ledger.Runner;

/// <summary>How one run ended on this runner.</summary>
internal abstract record Ending
{
    private Ending()
    {
    }

    /// <summary>It ended by itself; so may a step of it.</summary>
    /// <param name="Exit">What it came to.</param>
    /// <param name="Remains">What could not be ended of what it left behind.</param>
    /// <param name="Span">How long the try took, without what prepared it.</param>
    /// <param name="Output">What it wrote.</param>
    /// <param name="Attempt">Which try it was, from 1; null when there can be only one.</param>
    internal sealed record Finished(Exit Exit, Remains Remains, RunSpan Span, RunOutput Output, int? Attempt = null) : Ending;

    /// <summary>A cancel ended it, or kept it from starting; then there is neither span nor output.</summary>
    internal sealed record Stopped(CancelOrder Cancel, Stop Stop, TimeSpan Took, RunSpan? Span, RunOutput? Output) : Ending;

    /// <summary>It ran longer than its own limit.</summary>
    internal sealed record TimedOut(TimeSpan Limit, Stop Stop, RunSpan Span, RunOutput Output) : Ending;

    /// <summary>It could not be executed.</summary>
    internal sealed record Unusable(string Message) : Ending;

    /// <summary>The ledger wants to hear nothing more about it.</summary>
    internal sealed record Disowned(string Why) : Ending;

    /// <summary>This runner ended it without a cancel, so there is nothing true to report: the ledger will count the run as lost.</summary>
    internal sealed record Dropped(string Why) : Ending;
}

/// <summary>What a run wrote.</summary>
/// <param name="LogFile">The file with all of it.</param>
/// <param name="Tail">The end of it.</param>
/// <param name="Tests">Its test report; null if it made none.</param>
internal sealed record RunOutput(string LogFile, string Tail, TestReport? Tests);

/// <summary>From the start of an execution to its end. The duration is measured, so a jumping clock does not change it.</summary>
internal sealed record RunSpan(DateTimeOffset StartedAt, TimeSpan Duration);

/// <summary>A span that has not ended yet.</summary>
internal sealed class OpenSpan(TimeProvider time)
{
    private readonly DateTimeOffset startedAt = time.GetUtcNow();
    private readonly long timestamp = time.GetTimestamp();

    /// <summary>The span up to now.</summary>
    public RunSpan End() => new(startedAt, time.GetElapsedTime(timestamp));
}

/// <summary>
/// What one run has to tell the ledger about its outcome: acknowledgement, failed tries, abort, result, in this order. Each report is made
/// once, and repeated with the same id and the same facts until the ledger accepts or finally refuses it, however long the ledger is away;
/// nothing overtakes it. They live in memory: as long as this process does.
/// </summary>
internal sealed class RunReports
{
    private readonly Channel<Report> reports = Channel.CreateUnbounded<Report>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ClaimedRun run;
    private readonly string label;
    private readonly LedgerClient ledger;
    private readonly Backoff backoff;
    private readonly ILogger log;
    private readonly Task delivering;

    /// <summary>Begins to deliver what will be added.</summary>
    /// <param name="giveUp">Ends all repeating; what is left then stays undelivered.</param>
    public RunReports(ClaimedRun run, string label, LedgerClient ledger, Backoff backoff, ILogger log, CancellationToken giveUp)
    {
        this.run = run;
        this.label = label;
        this.ledger = ledger;
        this.backoff = backoff;
        this.log = log;
        delivering = DeliverAsync(giveUp);
    }

    /// <summary>Whether everything reached the ledger. Final once <see cref="CompleteAsync"/> has returned.</summary>
    public bool AreDelivered { get; private set; } = true;

    /// <summary>This runner is stopping the run.</summary>
    public void Acknowledge(Guid cancelId) => Add("acknowledgement", "cancel-acknowledgement", new Acknowledgement(cancelId));

    /// <summary>A step was ended; the log says how.</summary>
    public void Note(Stop stop, TimeSpan took) => log.LogInformation(
        "{Run}: {How} after {Milliseconds:0} ms, {Left}", label, stop.How, took.TotalMilliseconds, stop.Remains);

    /// <summary>A try failed, and another follows.</summary>
    public void AddTry(Ending.Finished ending) => Result(ending, isFinal: false);

    /// <summary>How the run ended. Of a run that the ledger wants to hear nothing of, or that this runner had to drop, there is nothing to report.</summary>
    public void Add(Ending ending)
    {
        switch (ending)
        {
            case Ending.Finished { Exit: var exit } finished:
                var outcome = exit.Code is { } code ? $"ended with exit code {code}"
                    : exit.IsFailed ? LogLine.Of(exit.Message ?? "failed") : "passed";
                log.LogInformation("{Run}: {Outcome}", label, outcome);
                Result(finished, isFinal: true);
                break;
            case Ending.Stopped(var cancel, var stop, var took, var span, var output):
                // First that execution is over, then the result with its details.
                Add("abort", "abort", new AbortReport(
                    cancel.CancelId, stop.How, stop.ExitCode, stop.Signal, stop.Remains, (long)took.TotalMilliseconds));
                Result(span, Details(output) with { Message = cancel.Reason, ExitCode = stop.ExitCode }, isCancelled: true);
                break;
            case Ending.TimedOut(var limit, var stop, var span, var output):
                log.LogWarning("{Run}: ran longer than its limit of {Seconds} s", label, limit.TotalSeconds);
                var details = Details(output) with
                {
                    Message = $"it ran longer than its limit of {limit.TotalSeconds} s",
                    ExitCode = stop.ExitCode,
                    TimedOut = true,
                    Evidence = stop.Remains,
                };
                Result(span, details, hasFailures: true, hasErrors: true);
                break;
            case Ending.Unusable(var message):
                log.LogError("{Run}: not executed: {Why}", label, message);
                Result(span: null, new RunDetails { Message = message }, hasErrors: true);
                break;
            case Ending.Disowned(var why):
                log.LogWarning("{Run}: not reported: {Why}", label, why);
                break;
            case Ending.Dropped(var why):
                log.LogError("{Run}: killed and not reported, the ledger will count it as lost: {Why}", label, why);
                break;
            default:
                throw new InvalidOperationException($"an ending that nobody reports: {ending.GetType().Name}");
        }
    }

    /// <summary>Nothing more will be added; waits until everything is delivered, refused or given up.</summary>
    public Task CompleteAsync()
    {
        reports.Writer.TryComplete();
        return delivering;
    }

    private static RunDetails Details(RunOutput? output) => new()
    {
        LogFile = output?.LogFile,
        Log = output?.Tail,
        TestCases = output?.Tests?.Cases,
        TestCasesLeftOut = output?.Tests?.LeftOut is > 0 and var leftOut ? leftOut : null,
    };

    private void Result(Ending.Finished ending, bool isFinal)
    {
        var (exit, remains, span, output, attempt) = ending;
        var details = Details(output) with { Message = exit.Message, ExitCode = exit.Code, Evidence = remains, Api = exit.Api };
        Result(span, details, exit.HasFailures, exit.HasErrors, isFinal: isFinal, responseTime: exit.ResponseTime, attempt: attempt);
    }

    private void Result(
        RunSpan? span,
        RunDetails details,
        bool hasFailures = false,
        bool hasErrors = false,
        bool isCancelled = false,
        bool isFinal = true,
        TimeSpan? responseTime = null,
        int? attempt = null) => Add(isFinal ? "result" : "failed try", "results", new ResultReport(
            Guid.CreateVersion7(),
            isFinal ? "FINAL" : "ATTEMPT",
            hasFailures,
            hasErrors,
            isCancelled,
            (long?)(responseTime ?? span?.Duration)?.TotalMilliseconds,
            span?.StartedAt,
            span?.StartedAt + span?.Duration,
            attempt,
            details));

    private void Add(string what, string path, object body) => reports.Writer.TryWrite(new Report(what, path, body));

    private async Task DeliverAsync(CancellationToken giveUp)
    {
        await foreach (var report in reports.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await DeliverAsync(report, giveUp);
            }
            catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
            {
                AreDelivered = false;
                log.LogError("{Run}: {Report} was not delivered", label, report.What);
            }
        }
    }

    private async Task DeliverAsync(Report report, CancellationToken giveUp)
    {
        while (true)
        {
            giveUp.ThrowIfCancellationRequested();
            var answer = await ledger.TellAsync(run, report.Path, report.Body, giveUp);
            switch (answer.Outcome)
            {
                case Outcome.Accepted:
                    backoff.Reset();
                    var late = answer.Value?.Late == true ? ", late: the run was settled already" : string.Empty;
                    log.LogInformation("{Run}: {Report} reported{Late}", label, report.What, late);
                    return;
                case Outcome.Refused:
                    backoff.Reset();
                    log.LogError("{Run}: {Report} was refused: {Problem}", label, report.What, answer.Problem);
                    return;
                default:
                    if (!backoff.IsFailing)
                    {
                        log.LogWarning("{Run}: {Report} waits for the ledger: {Problem}", label, report.What, answer.Problem);
                    }

                    await backoff.WaitAsync(answer.RetryAfter, giveUp);
                    break;
            }
        }
    }

    private readonly record struct Report(string What, string Path, object Body);
}
