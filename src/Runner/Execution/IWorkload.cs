using Ledger.Runner.Supervising;

namespace Ledger.Runner.Execution;

/// <summary>
/// What a run executes, or one step of it: processes of this machine, a container, or work of this process. Disposing it leaves nothing
/// behind.
/// </summary>
internal interface IWorkload : IAsyncDisposable
{
    /// <summary>Ends with the command, giving what it came to.</summary>
    /// <exception cref="UnusableSpecException">It could not be executed.</exception>
    Task<Exit> Exited { get; }

    /// <summary>Whether the command has ended, even if nobody has taken notice yet.</summary>
    bool HasEnded { get; }

    /// <summary>Asks everything to stop, and ends it when the grace period is over or when <paramref name="forced"/> ends.</summary>
    /// <param name="grace">How long the command may take to end by itself.</param>
    /// <param name="forced">Ends when no more time is to be given.</param>
    Task<Stop> StopAsync(TimeSpan grace, Task forced);

    /// <summary>After the command has ended: ends what it left behind and returns what could not be ended.</summary>
    Task<Remains> CleanAsync();
}

/// <summary>How a stop went.</summary>
/// <param name="How">In the words of <c>RunAborted</c> (docs/domain.md#events).</param>
/// <param name="ExitCode">The command's exit code; null if it never ended.</param>
/// <param name="Signal">The signal that ended it, by the shell's convention of 128 plus its number; null if none did.</param>
/// <param name="Remains">What is still there.</param>
internal sealed record Stop(string How, int? ExitCode, string? Signal, Remains Remains)
{
    /// <summary>The stop of a run that never ran.</summary>
    public static Stop BeforeStart { get; } = new("neverStarted", ExitCode: null, Signal: null, Remains.None);

    /// <summary>The stop of a run that had begun and of which no process runs.</summary>
    public static Stop Idle { get; } = new(Graceful, ExitCode: null, Signal: null, Remains.None);

    /// <summary>It ended by itself within the grace period.</summary>
    public const string Graceful = "graceful";

    /// <summary>It was ended.</summary>
    public const string Killed = "killed";

    /// <summary>Its container was stopped.</summary>
    public const string ContainerStopped = "containerStopped";

    /// <summary>The signal that an exit code stands for.</summary>
    public static string? SignalOf(int? exitCode) => exitCode switch
    {
        128 + 2 => "SIGINT",
        128 + 9 => "SIGKILL",
        128 + 15 => "SIGTERM",
        _ => null,
    };
}
