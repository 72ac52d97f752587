using System.ComponentModel;
using System.Diagnostics;

namespace Ledger.Runner;

/// <summary>
/// A command in a session and process group of its own, so that a signal reaches what it started and nothing else, below a
/// <see cref="Supervisor"/> of its own, so that nothing it starts gets lost and several runs at once are never taken for each other.
/// </summary>
internal sealed class ProcessGroup : IWorkload
{
    /// <summary>The variable that every process of a run inherits.</summary>
    public const string Mark = "LEDGER_SEQUENCE_ID";

    private const string SupervisorIsGone = "the process that watched over the run was ended";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);
    private readonly Process process;
    private readonly Launch launch;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopReading = new();
    private readonly TaskCompletionSource<Exit> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Remains?> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task<Remains>> ending;
    private readonly Task reading;
    private readonly Task listening;
    private ProcessIdentity leader;

    private ProcessGroup(Process process, Launch launch, RunLog output, TimeProvider time)
    {
        this.process = process;
        this.launch = launch;
        this.time = time;
        ending = new(EndAsync);
        reading = output.FillAsync(process.StandardOutput.BaseStream, stopReading.Token);
        listening = ListenAsync();
    }

    /// <summary>Ends with the command, giving its exit code: 128 plus the signal if a signal ended it.</summary>
    public Task<Exit> Exited => exited.Task;

    /// <summary>Whether the command has ended, even if nobody has taken notice yet.</summary>
    public bool HasEnded => Exited.IsCompleted || !leader.IsAlive;

    /// <summary>Whether anything lives that the command started, itself included.</summary>
    public bool IsAlive
    {
        get
        {
            var all = ProcessTree.Snapshot();
            var below = ProcessTree.Descendants(all, [process.Id]);
            return all.Any(p => !p.IsZombie && p.Identity.Id != process.Id && below.Contains(p.Identity.Id));
        }
    }

    /// <summary>Starts a command; its output goes to the log. Returns once it stands in its own group.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started.</exception>
    public static async Task<ProcessGroup> StartAsync(Launch launch, RunLog output, TimeProvider time)
    {
        ProcessGroup group;
        try
        {
            group = new ProcessGroup(Process.Start(StartInfo())!, launch, output, time);
        }
        catch (Win32Exception e)
        {
            throw new UnusableSpecException($"the supervisor of the run cannot be started: {e.Message}");
        }

        try
        {
            await group.BeginAsync();
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    public async Task<Stop> StopAsync(TimeSpan grace, Task forced)
    {
        using var graceEnd = new CancellationTokenSource();
        var patience = Task.WhenAny(forced, Task.Delay(grace, time, graceEnd.Token));
        if (!forced.IsCompleted)
        {
            Order(Supervisor.InterruptOrder);
            await Task.WhenAny(Exited, patience);
        }

        var isGraceful = Exited.IsCompleted;
        // What stands in the same session got the same signal and may finish in the same time; what is detached got none.
        while (isGraceful && !patience.IsCompleted && ProcessTree.Snapshot().Any(p => !p.IsZombie && p.SessionId == leader.Id))
        {
            await Task.WhenAny(patience, Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None));
        }

        await graceEnd.CancelAsync();
        var remains = await CleanAsync();
        return new Stop(isGraceful ? "graceful" : "killed", remains, Exited.IsCompleted ? (await Exited).Code : null);
    }

    public async Task<Remains> CleanAsync()
    {
        var remains = await ending.Value;
        // What still holds the output open after the end is not waited for.
        await Task.WhenAny(reading, Task.Delay(OutputLimit, time, CancellationToken.None));
        await stopReading.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return remains;
    }

    public async ValueTask DisposeAsync()
    {
        await CleanAsync();
        await Task.WhenAny(listening, Task.Delay(OutputLimit, time, CancellationToken.None));
        process.Dispose();
        stopReading.Dispose();
    }

    // This program itself. Its environment holds what the runtime needs and nothing that a run could want to know.
    private static ProcessStartInfo StartInfo()
    {
        var assembly = typeof(Supervisor).Assembly;
        var own = Environment.ProcessPath;
        var isOwn = Path.GetFileName(own) == assembly.GetName().Name;
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        var start = new ProcessStartInfo(isOwn ? own! : dotnet, isOwn ? [Supervisor.Argument] : [assembly.Location, Supervisor.Argument])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Where(name => !IsForTheRuntime(name)).ToList())
        {
            start.Environment.Remove(name);
        }

        // It lives for one command: no diagnostics for whoever shares its user, and nothing that pays off only later.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        return start;
    }

    private static bool IsForTheRuntime(string name) =>
        name is "HOME" or "TMPDIR" or "PATH" or "LD_LIBRARY_PATH" || name.StartsWith("DOTNET_", StringComparison.Ordinal);

    private async Task BeginAsync()
    {
        try
        {
            // In one piece and off this thread: a pipe takes 64 KiB, and more only once the other side reads.
            using var bytes = new MemoryStream();
            await using var writer = new BinaryWriter(bytes, Encoding.UTF8);
            writer.Write(launch.Written());
            await process.StandardInput.BaseStream.WriteAsync(bytes.ToArray());
            await process.StandardInput.BaseStream.FlushAsync();
        }
        catch (IOException)
        {
            // It has ended, and the next lines say so.
        }

        if (await started.Task.WaitAsync(StartLimit, time) is { } problem)
        {
            throw new UnusableSpecException($"{LogLine.Of(launch.Arguments[0])} cannot be started: {problem}");
        }
    }

    private async Task ListenAsync()
    {
        var unknown = string.Empty;
        try
        {
            while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
            {
                if (!Hear(line.Split(' ', 2)))
                {
                    unknown = line;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // As if it had ended.
        }

        // Once there is a record the command may have been started, and even have ended its supervisor before that could say so.
        started.TrySetResult(File.Exists(launch.RecordFile) ? null : unknown.Length > 0 ? LogLine.Of(unknown) : SupervisorIsGone);
        ended.TrySetResult(null);
        if (!exited.Task.IsCompleted)
        {
            // What it was watching over is ended before anybody hears of it.
            await ending.Value;
            exited.TrySetResult(new Exit { HasErrors = true, Message = SupervisorIsGone });
        }
    }

    private bool Hear(string[] words)
    {
        switch (words)
        {
            case ["started", var identity]:
                leader = ProcessIdentity.Parse(identity);
                return started.TrySetResult(null);
            case ["failed", var number]:
                return started.TrySetResult(new Win32Exception(int.Parse(number)).Message);
            case ["exited", var code]:
                return exited.TrySetResult(Exit.Of(int.Parse(code)));
            case ["ended", var rest]:
                return ended.TrySetResult(Remains.Parse(rest));
            default:
                return false;
        }
    }

    private async Task<Remains> EndAsync()
    {
        Order(Supervisor.EndOrder);
        await Task.WhenAny(ended.Task, Task.Delay(RunRecord.EndLimit * 2, time, CancellationToken.None));
        var remains = ended.Task.IsCompleted ? await ended.Task : null;
        if (remains is null)
        {
            // Somebody ended or stopped it: what it wrote down, and its control group, are all there is.
            process.Kill();
            remains = RunRecord.Read(launch.RecordFile) is { } record
                ? (await record.EndLeftoverAsync(time)).Remains
                : leader.Id == 0 ? Remains.None : Remains.Unknown(SupervisorIsGone);
            exited.TrySetResult(new Exit { HasErrors = true, Message = SupervisorIsGone });
        }

        Files.Try(() => File.Delete(launch.RecordFile));
        return remains;
    }

    private void Order(byte order)
    {
        try
        {
            process.StandardInput.BaseStream.WriteByte(order);
            process.StandardInput.BaseStream.Flush();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It has ended.
        }
    }
}
