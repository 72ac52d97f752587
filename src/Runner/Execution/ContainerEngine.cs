using System.ComponentModel;
using System.Diagnostics;

namespace Ledger.Runner.Execution;

/// <summary>docker or podman, whichever works here.</summary>
/// <param name="program">The full path of its client.</param>
/// <param name="time">The clock.</param>
internal sealed class ContainerEngine(string program, TimeProvider time)
{
    /// <summary>Look for docker, then podman.</summary>
    public const string Automatic = "auto";

    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(15);

    /// <summary>The full path of the client.</summary>
    public string Program => program;

    /// <summary>Finds an engine whose client is here and whose engine answers.</summary>
    /// <param name="setting"><see cref="Automatic"/>, a name or a path.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="UnusableSpecException">There is none.</exception>
    public static async Task<ContainerEngine> FindAsync(string setting, TimeProvider time)
    {
        string[] names = setting is Automatic ? ["docker", "podman"] : [setting];
        var programs = names.Select(n => Executable.Find(n, Environment.GetEnvironmentVariable("PATH"), Environment.CurrentDirectory));
        foreach (var engine in programs.OfType<string>().Select(p => new ContainerEngine(p, time)))
        {
            if ((await engine.RunAsync(["version"], VersionLimit)).ExitCode == 0)
            {
                return engine;
            }
        }

        throw new UnusableSpecException(
            $"the spec names an image, but no container engine answers on this runner (looked for {string.Join(" and ", names)})");
    }

    /// <summary>Runs one command of the engine's client. The exit code is null when it did not end in time.</summary>
    public async Task<(int? ExitCode, string Output)> RunAsync(IEnumerable<string> arguments, TimeSpan limit)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment.Remove(RunnerKey.Variable);
        start.Environment.Remove(RunnerKey.FileVariable);
        using var deadline = new CancellationTokenSource(limit, time);
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                process.StandardInput.Close();
                var errors = process.StandardError.ReadToEndAsync(deadline.Token);
                var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
                var problem = await errors;
                await process.WaitForExitAsync(deadline.Token);
                return (process.ExitCode, process.ExitCode == 0 ? output : problem);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return (null, "it did not answer in time");
            }
        }
        catch (Win32Exception e)
        {
            return (null, e.Message);
        }
    }
}
