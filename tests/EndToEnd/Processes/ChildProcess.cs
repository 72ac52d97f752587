using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ledger.EndToEnd.Processes;

/// <summary>A process of the product, started as its users start it, with what it prints kept for the failure message.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int HangUpSignal = 1;
    private const int InterruptSignal = 2;
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Everything that it has printed so far.</summary>
    public IReadOnlyCollection<string> Output => output;

    /// <summary>Starts <c>dotnet assembly.dll</c> from the test's own output folder.</summary>
    public static ChildProcess StartDotnet(
        string assembly, IEnumerable<string> arguments, string workingDirectory, IReadOnlyDictionary<string, string> environment) =>
        Start("dotnet", arguments.Prepend(Path.Combine(AppContext.BaseDirectory, assembly)), workingDirectory, environment);

    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, string workingDirectory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = start });
        child.process.OutputDataReceived += (_, line) => child.Keep(line.Data);
        child.process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
        child.process.Start();
        child.process.BeginOutputReadLine();
        child.process.BeginErrorReadLine();
        return child;
    }

    /// <summary>SIGKILL to this process alone, as a crash is.</summary>
    public async Task KillAsync()
    {
        Signal(process.Id, Kill);
        await process.WaitForExitAsync();
    }

    /// <summary>SIGSTOP: it stands still, with all its connections, until <see cref="GoOn"/>.</summary>
    public void StandStill() => Signal(process.Id, Stop);

    /// <summary>SIGCONT.</summary>
    public void GoOn() => Signal(process.Id, Continue);

    /// <summary>SIGINT, as Ctrl+C sends it.</summary>
    public void Interrupt() => Signal(process.Id, InterruptSignal);

    /// <summary>SIGHUP, as a terminal that closes sends it.</summary>
    public void HangUp() => Signal(process.Id, HangUpSignal);

    /// <summary>The exit code, once it has ended by itself.</summary>
    /// <exception cref="TimeoutException">It has not ended in time; the message holds what it printed.</exception>
    public async Task<int> ExitCodeAsync(TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(over.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException(string.Join('\n', output), late);
        }

        return process.ExitCode;
    }

    /// <summary>SIGTERM, then the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Signal(process.Id, Terminate);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public Task WaitForExitAsync(CancellationToken cancellation) => process.WaitForExitAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Signal(process.Id, Terminate);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    public static void KillProcess(int processId) => Signal(processId, Kill);

    public static void StopProcess(int processId) => Signal(processId, Stop);

    public static void ContinueProcess(int processId) => Signal(processId, Continue);

    private static void Signal(int processId, int signal)
    {
        if (SendSignal(processId, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} to process {processId} failed.");
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            output.Enqueue(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
