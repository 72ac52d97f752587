using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ledger.Runner.Tests.Fakes;

/// <summary>The runner as users start it: a process of its own, against a ledger that outlives it.</summary>
internal sealed class RunnerProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();

    private RunnerProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has written so far.</summary>
    public string Output => string.Join('\n', output);

    /// <summary>Starts it from a shell.</summary>
    /// <param name="ledger">Its ledger.</param>
    /// <param name="directory">Where it works and keeps its data.</param>
    /// <param name="arguments">Further words of the command line, as the shell reads them.</param>
    /// <param name="before">What the shell does first, such as <c>trap '' INT;</c>.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="input">Its standard input.</param>
    public static async Task<RunnerProcess> StartAsync(
        FakeLedger ledger, string directory, string arguments, string before = "", (string Name, string Value)? environment = null, string input = "")
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        var program = Path.Combine(AppContext.BaseDirectory, "Ledger.Runner.dll");
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList =
            {
                "-c",
                $"{before} exec '{dotnet}' '{program}' --url {ledger.Url} --id runner-1 --location eu-central-1 --data-directory data "
                    + $"--log-directory logs {arguments}",
            },
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // As users have it, whatever the tests themselves were started with.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("LEDGER_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        if (environment is { } variable)
        {
            start.Environment[variable.Name] = variable.Value;
        }

        var runner = new RunnerProcess(Process.Start(start)!);
        await runner.process.StandardInput.WriteLineAsync(input);
        runner.process.StandardInput.Close();
        return runner;
    }

    /// <summary>Ends it without a word, and nothing else.</summary>
    public void Kill() => Posix.Signal(process.Id, Posix.Kill);

    /// <summary>Its children, which are the supervisors of its runs.</summary>
    public IReadOnlyList<int> Supervisors =>
        [.. ProcessTree.Snapshot().Where(p => p.ParentId == process.Id && !p.IsZombie).Select(p => p.Identity.Id)];

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Posix.Signal(process.Id, Posix.Kill);
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }
}
