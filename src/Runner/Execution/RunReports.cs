using Ledger.Runner.Wire;

namespace Ledger.Runner.Execution;

/// <summary>
/// Puts what happened to one run into the ledger's words, in the order acknowledgement, abort, result. Each report is made once: a
/// repeated one carries the same id and the same facts.
/// </summary>
internal sealed class RunReports(ClaimedRun run, LedgerClient ledger, Outbox outbox)
{
    /// <summary>Whether everything reached the ledger. Final once <see cref="CompleteAsync"/> has returned.</summary>
    public bool AreDelivered => outbox.Undelivered == 0;

    /// <summary>This runner is stopping the run.</summary>
    public void Acknowledge(Guid cancelId)
    {
        var body = new Acknowledgement(cancelId);
        outbox.Add("acknowledgement", token => ledger.AcknowledgeAsync(run, body, token));
    }

    /// <summary>It ended by itself.</summary>
    public void Finished(Ending.Finished ending) => Result(ending, "FINAL");

    /// <summary>A try failed, and another may follow.</summary>
    public void Failed(Ending.Finished ending) => Result(ending, "ATTEMPT");

    /// <summary>A cancel ended it: first that execution is over, then the result with its details.</summary>
    public void Stopped(Ending.Stopped ending)
    {
        var stop = ending.Stop;
        var body = new AbortReport(
            ending.Cancel.CancelId,
            stop.How,
            stop.ExitCode,
            stop.Signal,
            StopEvidence.Of(stop.Remains),
            (long)ending.Took.TotalMilliseconds);
        outbox.Add("abort", token => ledger.AbortAsync(run, body, token));
        Result(
            hasFailures: false,
            hasErrors: false,
            ending.Span,
            Details(ending.Output) with { Message = ending.Cancel.Reason, ExitCode = stop.ExitCode },
            isCancelled: true);
    }

    /// <summary>It ran longer than its own limit.</summary>
    public void TimedOut(Ending.TimedOut ending) => Result(
        hasFailures: true,
        hasErrors: true,
        ending.Span,
        Details(ending.Output) with
        {
            Message = $"it ran longer than its limit of {ending.Limit.TotalSeconds} s",
            ExitCode = ending.Stop.ExitCode,
            TimedOut = true,
            Evidence = StopEvidence.Of(ending.Stop.Remains),
        });

    /// <summary>It could not be executed.</summary>
    public void Unusable(Ending.Unusable ending) =>
        Result(hasFailures: false, hasErrors: true, span: null, new RunDetails { Message = ending.Message });

    /// <summary>Waits until everything is delivered, refused or given up.</summary>
    public Task CompleteAsync() => outbox.CompleteAsync();

    private static RunDetails Details(RunOutput? output) => new()
    {
        LogFile = output?.LogFile,
        Log = output?.Tail,
        TestCases = output?.Tests?.Cases,
        TestCasesLeftOut = OrNull(output?.Tests?.LeftOut ?? 0),
    };

    private static int? OrNull(int count) => count == 0 ? null : count;

    private void Result(Ending.Finished ending, string resultType) => Result(
        ending.Exit.HasFailures,
        ending.Exit.HasErrors,
        ending.Span,
        Details(ending.Output) with
        {
            Message = ending.Exit.Message,
            ExitCode = ending.Exit.Code,
            Evidence = StopEvidence.Of(ending.Remains),
            Api = ending.Exit.Api,
        },
        resultType: resultType,
        responseTime: ending.Exit.ResponseTime,
        attempt: ending.Attempt);

    private void Result(
        bool hasFailures,
        bool hasErrors,
        RunSpan? span,
        RunDetails details,
        bool isCancelled = false,
        string resultType = "FINAL",
        TimeSpan? responseTime = null,
        int? attempt = null)
    {
        var body = new ResultReport(
            Guid.CreateVersion7(),
            resultType,
            hasFailures,
            hasErrors,
            isCancelled,
            (long?)(responseTime ?? span?.Duration)?.TotalMilliseconds,
            span?.StartedAt,
            span?.StoppedAt,
            attempt,
            details);
        outbox.Add(resultType is "FINAL" ? "result" : "failed try", token => ledger.ReportAsync(run, body, token));
    }
}
