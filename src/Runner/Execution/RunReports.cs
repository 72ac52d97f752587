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

    /// <summary>The command ended by itself.</summary>
    public void Finished(Ending.Finished ending) => Result(
        hasFailures: ending.ExitCode != 0 && ending.Problem is null,
        hasErrors: ending.Problem is not null,
        ending.Span,
        new RunDetails(
            ending.Problem,
            ending.ExitCode,
            ending.Output.LogFile,
            ending.Output.Tail,
            ProcessesLeft: ending.ProcessesLeft == 0 ? null : ending.ProcessesLeft));

    /// <summary>A cancel ended it: first that execution is over, then the result with its details.</summary>
    public void Stopped(Ending.Stopped ending)
    {
        var stop = ending.Stop;
        var body = new AbortReport(
            ending.Cancel.CancelId,
            stop.How,
            stop.ExitCode,
            stop.Signal,
            new StopEvidence(stop.ProcessesLeft),
            (long)ending.Took.TotalMilliseconds);
        outbox.Add("abort", token => ledger.AbortAsync(run, body, token));
        Result(
            hasFailures: false,
            hasErrors: false,
            ending.Span,
            new RunDetails(ending.Cancel.Reason, stop.ExitCode, ending.Output?.LogFile, ending.Output?.Tail),
            isCancelled: true);
    }

    /// <summary>It ran longer than its own limit.</summary>
    public void TimedOut(Ending.TimedOut ending) => Result(
        hasFailures: true,
        hasErrors: true,
        ending.Span,
        new RunDetails(
            $"it ran longer than its limit of {ending.Limit.TotalSeconds} s",
            ending.Stop.ExitCode,
            ending.Output.LogFile,
            ending.Output.Tail,
            TimedOut: true,
            ProcessesLeft: ending.Stop.ProcessesLeft == 0 ? null : ending.Stop.ProcessesLeft));

    /// <summary>It could not be executed.</summary>
    public void Unusable(Ending.Unusable ending) =>
        Result(hasFailures: false, hasErrors: true, span: null, new RunDetails(ending.Message));

    /// <summary>Waits until everything is delivered, refused or given up.</summary>
    public Task CompleteAsync() => outbox.CompleteAsync();

    private void Result(bool hasFailures, bool hasErrors, RunSpan? span, RunDetails details, bool isCancelled = false)
    {
        var body = new ResultReport(
            Guid.CreateVersion7(),
            "FINAL",
            hasFailures,
            hasErrors,
            isCancelled,
            (long?)span?.Duration.TotalMilliseconds,
            span?.StartedAt,
            span?.StoppedAt,
            details);
        outbox.Add("result", token => ledger.ReportAsync(run, body, token));
    }
}
