using Ledger.Runner.Supervising;
using Ledger.Runner.TestReports;

namespace Ledger.Runner.Execution;

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
internal sealed record RunSpan(DateTimeOffset StartedAt, TimeSpan Duration)
{
    /// <summary>When it ended.</summary>
    public DateTimeOffset StoppedAt => StartedAt + Duration;
}

/// <summary>A span that has not ended yet.</summary>
internal sealed class OpenSpan(TimeProvider time)
{
    private readonly DateTimeOffset startedAt = time.GetUtcNow();
    private readonly long timestamp = time.GetTimestamp();

    /// <summary>The span up to now.</summary>
    public RunSpan End() => new(startedAt, time.GetElapsedTime(timestamp));
}
