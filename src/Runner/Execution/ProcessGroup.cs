using System.ComponentModel;
using System.Diagnostics;

namespace Ledger.Runner.Execution;

/// <summary>What to start.</summary>
/// <param name="Command">The program and its arguments.</param>
/// <param name="WorkingDirectory">Where.</param>
/// <param name="Environment">What to change in the inherited environment; null removes a variable.</param>
internal sealed record Launch(IReadOnlyList<string> Command, string WorkingDirectory, IReadOnlyDictionary<string, string?> Environment);

/// <summary>
/// A command in a session and process group of its own, so that a signal reaches everything that it started and nothing else. The
/// <c>setsid</c> program makes the session and becomes the command: process, group and session id are one number.
/// </summary>
internal sealed class ProcessGroup : IAsyncDisposable
{
    private static readonly TimeSpan SessionLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);
    private readonly Process process;
    private readonly ProcessIdentity? leader;
    private readonly CancellationTokenSource stopReading = new();
    private readonly Task reading;
    private readonly TimeProvider time;

    private ProcessGroup(Process process, Guid sequenceId, RunLog output, TimeProvider time)
    {
        this.process = process;
        this.time = time;
        leader = ProcessTree.Find(process.Id)?.Identity;
        Family = new ProcessFamily(process.Id, leader, sequenceId);
        Exited = WaitAsync();
        reading = output.FillAsync(process.StandardOutput.BaseStream, stopReading.Token);
    }

    /// <summary>Process, group and session id.</summary>
    public int Id => process.Id;

    /// <summary>The group and everything that left it.</summary>
    public ProcessFamily Family { get; }

    /// <summary>Ends with the command, giving its exit code: 128 plus the signal if a signal ended it.</summary>
    public Task<int> Exited { get; }

    /// <summary>Whether the command has ended, even if nobody has taken notice yet.</summary>
    public bool HasEnded => Exited.IsCompleted || ProcessTree.Find(Id) is not { IsZombie: false } now || now.Identity != leader;

    /// <summary>Where the setsid program is; null if this machine has none.</summary>
    public static string? FindSetsid() =>
        Executable.Find("setsid", Environment.GetEnvironmentVariable("PATH"), Environment.CurrentDirectory);

    /// <summary>Starts a command; its output goes to the log. Returns once it stands in its own group.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started.</exception>
    public static async Task<ProcessGroup> StartAsync(Launch launch, Guid sequenceId, RunLog output, TimeProvider time)
    {
        var start = StartInfo(launch);
        ProcessGroup group;
        try
        {
            group = new ProcessGroup(Process.Start(start)!, sequenceId, output, time);
        }
        catch (Win32Exception e)
        {
            throw new UnusableSpecException($"{LogLine.Of(launch.Command[0])} cannot be started: {e.Message}");
        }

        await group.StandAloneAsync();
        return group;
    }

    /// <summary>Asks the whole group to stop.</summary>
    public void Interrupt() => Signal(Posix.Interrupt);

    /// <summary>
    /// Ends the group and its family, and returns how many could not be ended. What is killed may have started something in the same
    /// moment, so it looks again until a look finds nothing.
    /// </summary>
    public async Task<int> EndEverythingAsync()
    {
        var since = time.GetTimestamp();
        var living = Family.Living();
        while (living.Count > 0 && time.GetElapsedTime(since) < KillLimit)
        {
            Signal(Posix.Kill);
            ProcessFamily.Kill(living);
            await Task.Delay(LookInterval, time, CancellationToken.None);
            living = Family.Living();
        }

        if (living.Count == 0)
        {
            // Nothing lives: the exit code is there as soon as the runtime has taken notice.
            await Task.WhenAny(Exited, Task.Delay(KillLimit, time, CancellationToken.None));
        }

        return living.Count;
    }

    /// <summary>Waits until all output is in the log. What still holds the output open after the end is not waited for.</summary>
    public async Task FinishOutputAsync()
    {
        await Task.WhenAny(reading, Task.Delay(OutputLimit, time, CancellationToken.None));
        await stopReading.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await EndEverythingAsync();
        await FinishOutputAsync();
        process.Dispose();
        stopReading.Dispose();
    }

    private static ProcessStartInfo StartInfo(Launch launch)
    {
        var path = launch.Environment.TryGetValue("PATH", out var own) ? own : Environment.GetEnvironmentVariable("PATH");
        if (!Directory.Exists(launch.WorkingDirectory))
        {
            throw new UnusableSpecException($"the working directory {LogLine.Of(launch.WorkingDirectory)} does not exist");
        }

        if (Executable.Find(launch.Command[0], path, launch.WorkingDirectory) is null)
        {
            throw new UnusableSpecException($"{LogLine.Of(launch.Command[0])} is not an executable program on this runner");
        }

        var setsid = FindSetsid() ?? throw new UnusableSpecException("this runner has no setsid program");
        // The shell joins both outputs into one pipe, which keeps their order, and becomes the command.
        var start = new ProcessStartInfo(setsid, ["/bin/sh", "-c", "exec \"$@\" 2>&1 </dev/null", "sh", .. launch.Command])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = launch.WorkingDirectory,
        };
        foreach (var (name, value) in launch.Environment)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        return start;
    }

    // Until setsid has run, the child stands in the runner's own group: a signal to its group would reach nobody.
    private async Task StandAloneAsync()
    {
        var since = time.GetTimestamp();
        while (!Exited.IsCompleted && ProcessTree.Find(Id) is { IsZombie: false } now && now.GroupId != Id)
        {
            if (time.GetElapsedTime(since) > SessionLimit)
            {
                process.Kill();
                throw new UnusableSpecException("setsid did not give the command a process group of its own");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), time, CancellationToken.None);
        }
    }

    private void Signal(int signal)
    {
        // The group id is certain to be ours only while its leader has not been reaped.
        if (!Exited.IsCompleted && ProcessTree.Find(Id) is { } now && now.Identity == leader)
        {
            Posix.SignalGroup(Id, signal);
        }
    }

    private async Task<int> WaitAsync()
    {
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
