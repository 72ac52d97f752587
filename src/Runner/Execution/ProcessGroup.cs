using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ledger.Runner.Supervising;

namespace Ledger.Runner.Execution;

/// <summary>What to start.</summary>
/// <param name="Command">The program and its arguments.</param>
/// <param name="WorkingDirectory">Where.</param>
/// <param name="Environment">What to change in the inherited environment; null removes a variable.</param>
/// <param name="RecordFile">Where to note what is running.</param>
/// <param name="User">Who it runs as; null for the runner's own user.</param>
/// <param name="UsesControlGroup">Whether to make a control group, where that is allowed.</param>
internal sealed record Launch(
    IReadOnlyList<string> Command,
    string WorkingDirectory,
    IReadOnlyDictionary<string, string?> Environment,
    string RecordFile,
    UserIds? User = null,
    bool UsesControlGroup = true);

/// <summary>
/// A command in a session and process group of its own, so that a signal reaches what it started and nothing else, below a
/// <see cref="Supervisor"/> of its own, so that nothing it starts gets lost and several runs at once are never taken for each other.
/// </summary>
internal sealed class ProcessGroup : IAsyncDisposable
{
    /// <summary>The variable that every process of a run inherits.</summary>
    public const string Mark = "LEDGER_SEQUENCE_ID";

    private const string SupervisorIsGone = "the process that watched over the run was ended";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndLimit = Supervisor.EndLimit + TimeSpan.FromSeconds(5);
    private readonly Process process;
    private readonly Launch launch;
    private readonly CancellationTokenSource stopReading = new();
    private readonly TaskCompletionSource<Exit> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Remains?> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task reading;
    private readonly Task listening;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private ProcessIdentity leader;
    private Task<Remains>? ending;

    private ProcessGroup(Process process, Launch launch, RunLog output, TimeProvider time)
    {
        this.process = process;
        this.launch = launch;
        this.time = time;
        reading = output.FillAsync(process.StandardOutput.BaseStream, stopReading.Token);
        listening = ListenAsync();
    }

    /// <summary>Ends with the command, giving its exit code: 128 plus the signal if a signal ended it.</summary>
    public Task<Exit> Exited => exited.Task;

    /// <summary>Whether the command has ended, even if nobody has taken notice yet.</summary>
    public bool HasEnded => Exited.IsCompleted || ProcessTree.Find(leader.Id) is not { IsZombie: false } now || now.Identity != leader;

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

    /// <summary>Whether the command itself still runs, or what it started in its own session.</summary>
    public bool SessionIsAlive => ProcessTree.Snapshot().Any(p => !p.IsZombie && p.SessionId == leader.Id);

    /// <summary>Starts a command; its output goes to the log. Returns once it stands in its own group.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started.</exception>
    public static async Task<ProcessGroup> StartAsync(Launch launch, Guid sequenceId, RunLog output, TimeProvider time)
    {
        var supervised = Prepare(launch, sequenceId);
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
            await group.BeginAsync(supervised);
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks the whole group to stop.</summary>
    public void Interrupt() => Order(Supervisor.InterruptOrder);

    /// <summary>Ends everything that the command started, and says what is left.</summary>
    public Task<Remains> EndEverythingAsync()
    {
        lock (gate)
        {
            return ending ??= EndAsync();
        }
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
        await Task.WhenAny(listening, Task.Delay(OutputLimit, time, CancellationToken.None));
        process.Dispose();
        stopReading.Dispose();
    }

    private static SupervisedLaunch Prepare(Launch launch, Guid sequenceId)
    {
        var directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(launch.WorkingDirectory));
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value, StringComparer.Ordinal);
        environment["PWD"] = directory;
        foreach (var (name, value) in launch.Environment)
        {
            environment[name] = value;
        }

        if (!Directory.Exists(launch.WorkingDirectory))
        {
            throw new UnusableSpecException($"the working directory {LogLine.Of(launch.WorkingDirectory)} does not exist");
        }

        var program = Executable.Find(launch.Command[0], environment.GetValueOrDefault("PATH"), launch.WorkingDirectory)
            ?? throw new UnusableSpecException($"{LogLine.Of(launch.Command[0])} is not an executable program on this runner");
        return new SupervisedLaunch(
            program,
            launch.Command,
            directory,
            [.. environment.Where(variable => variable.Value is not null).Select(variable => $"{variable.Key}={variable.Value}")],
            $"{Mark}={sequenceId}",
            launch.RecordFile,
            launch.User,
            launch.UsesControlGroup);
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

    private async Task BeginAsync(SupervisedLaunch supervised)
    {
        try
        {
            // In one piece and off this thread: a pipe takes 64 KiB, and more only once the other side reads.
            using var bytes = new MemoryStream();
            using var writer = new BinaryWriter(bytes, Encoding.UTF8);
            supervised.Write(writer);
            await process.StandardInput.BaseStream.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
            await process.StandardInput.BaseStream.FlushAsync();
        }
        catch (IOException)
        {
            // It has ended, and the next lines say so.
        }

        var problem = await started.Task.WaitAsync(StartLimit, time);
        if (problem is not null)
        {
            throw new UnusableSpecException($"{LogLine.Of(supervised.Arguments[0])} cannot be started: {problem}");
        }
    }

    private async Task ListenAsync()
    {
        var unknown = string.Empty;
        try
        {
            while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
            {
                if (!Hear(line.Split(' ')))
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
            await EndEverythingAsync();
            exited.TrySetResult(new Exit { HasErrors = true, Message = SupervisorIsGone });
        }
    }

    private bool Hear(string[] words)
    {
        switch (words)
        {
            case ["started", var id, var ticks]:
                leader = new ProcessIdentity(int.Parse(id, CultureInfo.InvariantCulture), ulong.Parse(ticks, CultureInfo.InvariantCulture));
                started.TrySetResult(null);
                return true;
            case ["failed", var number]:
                started.TrySetResult(new Win32Exception(int.Parse(number, CultureInfo.InvariantCulture)).Message);
                return true;
            case ["exited", var code]:
                exited.TrySetResult(Exit.Of(int.Parse(code, CultureInfo.InvariantCulture)));
                return true;
            case ["ended", .. var rest]:
                var text = string.Join(' ', rest);
                ended.TrySetResult(int.TryParse(text, CultureInfo.InvariantCulture, out var left)
                    ? new Remains(left, Reason: null)
                    : Remains.Unknown(text));
                return true;
            default:
                return false;
        }
    }

    private async Task<Remains> EndAsync()
    {
        Order(Supervisor.EndOrder);
        await Task.WhenAny(ended.Task, Task.Delay(EndLimit, time, CancellationToken.None));
        if (ended.Task.IsCompleted && await ended.Task is { } remains)
        {
            DeleteRecord();
            return remains;
        }

        // Somebody ended or stopped it: what it wrote down, and its control group, are all there is.
        process.Kill();
        var left = RunRecord.Read(launch.RecordFile) is { } record
            ? (await Leftover.EndAsync(record, time)).Remains
            : leader.Id == 0 ? Remains.None : Remains.Unknown(SupervisorIsGone);
        exited.TrySetResult(new Exit { HasErrors = true, Message = SupervisorIsGone });
        DeleteRecord();
        return left;
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

    private void DeleteRecord()
    {
        try
        {
            File.Delete(launch.RecordFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is deleted with what surrounds it.
        }
    }
}
