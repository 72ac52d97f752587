using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Ledger.Streams;

/// <summary>
/// Tells the people who run the ledger what happens: a line for each session that is triggered, run that is claimed, cancel, stop and
/// settlement, after its commit, by the host that committed it. Under load it says only how much more there was, so that nobody waits for a
/// log.
/// </summary>
/// <param name="loggers">Where to, under <see cref="Category"/>.</param>
/// <param name="clock">The ledger's clock.</param>
public sealed partial class SessionJournal(ILoggerFactory loggers, TimeProvider clock)
{
    /// <summary>What the settings of the log call it.</summary>
    public const string Category = "Ledger.Sessions";

    private const int LinesPerSecond = 100;

    private readonly ILogger log = loggers.CreateLogger(Category);
    private readonly Lock gate = new();
    private long second;
    private int lines;
    private int untold;

    /// <summary>Something was committed.</summary>
    public void Committed(IEnumerable<(Guid Session, ISessionEvent Data)> events)
    {
        if (!log.IsEnabled(LogLevel.Information))
        {
            return;
        }

        foreach (var (session, data) in events)
        {
            if (IsTold(data) && HasRoom())
            {
                LogEvent(session, Describe(data));
            }
        }
    }

    private static bool IsTold(ISessionEvent data) => data
        is SessionTriggered or RunClaimed or CancelRequested or CancelRefused or RunAborted or CancelExpired or RunTimedOut or RunLost
        or ResultReported { Settles: true };

    private static string Describe(ISessionEvent data) => data switch
    {
        SessionTriggered e => $"triggered by {Who(e.Actor)}, {Count(e.Runs.Count)}: {e.Name}",
        RunClaimed e => $"claimed: run {e.SequenceId} by runner {e.RunnerId}",
        CancelRequested e => $"cancelled by {Who(e.Actor)} via {Word(e.Via)}, {Count(e.Targets.Count)}, cause {Word(e.Cause)}{Why(e.Reason)}{(e.Forced ? ", forced" : "")}",
        CancelRefused e => $"not cancelled, asked by {Who(e.Actor)} via {Word(e.Via)}, cause {Word(e.Cause)}{Why(e.Reason)}",
        RunAborted e => $"stopped and settled: run {e.SequenceId} {How(e.How)}{(e.ExitCode is { } code ? $", exit code {code}" : "")}{(e.Signal is { } signal ? $", {signal}" : "")}",
        CancelExpired e => $"settled: run {e.SequenceId} is cancelled, without proof that it has stopped",
        RunTimedOut e => $"settled: run {e.SequenceId} has exceeded its limit of {e.LimitSeconds} s",
        RunLost e => $"settled: run {e.SequenceId} is lost, runner {e.RunnerId} is silent",
        ResultReported e => $"settled: run {e.SequenceId} {Outcome(e)}",
        _ => "",
    };

    private static string Outcome(ResultReported result) => result switch
    {
        { IsCancelled: true } => "is cancelled",
        { HasErrors: true } or { HasFailures: true } => "has failed",
        { IsDegraded: true } => "has passed, degraded",
        _ => "has passed",
    };

    private static string How(AbortManner how) => how switch
    {
        AbortManner.NeverStarted => "had not started",
        AbortManner.Graceful => "has ended by itself",
        AbortManner.Killed => "was killed",
        AbortManner.ContainerStopped => "has had its container stopped",
        _ => Word(how),
    };

    private static string Who(Actor actor) => actor.Name ?? actor.Id;

    private static string Why(string? reason) => reason is null ? "" : $", reason: {reason}";

    private static string Count(int runs) => runs == 1 ? "1 run" : $"{runs} runs";

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>Whether the present second has a line left. The first line of another says how many the last one had not.</summary>
    private bool HasRoom()
    {
        int missed;
        lock (gate)
        {
            var now = clock.GetUtcNow().ToUnixTimeSeconds();
            if (now == second)
            {
                var hasRoom = ++lines <= LinesPerSecond;
                untold += hasRoom ? 0 : 1;
                return hasRoom;
            }

            (missed, second, lines, untold) = (untold, now, 1, 0);
        }

        if (missed > 0)
        {
            LogMissed(missed);
        }

        return true;
    }

    [LoggerMessage(LogLevel.Information, "Session {Session} {What}")]
    private partial void LogEvent(Guid session, string what);

    [LoggerMessage(LogLevel.Information, "{Count} more of such lines were left out.")]
    private partial void LogMissed(int count);
}
