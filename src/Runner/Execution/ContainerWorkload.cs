using System.Globalization;
using Ledger.Runner.Supervising;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Execution;

/// <summary>
/// A run as a container. The engine's client stands in a process group of its own and gives output and exit code; the container itself
/// is stopped through the engine and is gone only when the engine no longer lists it.
/// </summary>
internal sealed class ContainerWorkload(
    ContainerEngine engine, ProcessGroup client, string name, TimeProvider time, ILogger log) : IWorkload
{
    // What docker and podman answer when the container itself could not be run.
    private const int EngineFailed = 125;
    private const int CommandNotExecutable = 126;
    private const int CommandNotFound = 127;
    private static readonly TimeSpan EngineLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    public Task<Exit> Exited { get; } = ExitAsync(engine, client);

    public bool HasEnded => client.HasEnded;

    /// <summary>The name under which the engine knows a run's container.</summary>
    public static string NameOf(Guid sequenceId) => $"ledger-{sequenceId}";

    /// <summary>The client's arguments to run a spec.</summary>
    public static IReadOnlyList<string> Arguments(RunSpec spec, string name, IEnumerable<KeyValuePair<string, string?>> environment)
    {
        var arguments = new List<string> { "run", "--rm", "--name", name };
        foreach (var (variable, value) in environment)
        {
            if (value is not null)
            {
                arguments.AddRange(["-e", $"{variable}={value}"]);
            }
        }

        if (spec.WorkingDirectory is { } directory)
        {
            arguments.AddRange(["-w", directory]);
        }

        return [.. arguments, spec.Image!, .. spec.Command];
    }

    public async Task<Stop> StopAsync(TimeSpan grace, Task forced)
    {
        if (!forced.IsCompleted)
        {
            var seconds = ((int)Math.Ceiling(grace.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            var stopping = engine.RunAsync(["stop", "-t", seconds, name], grace + EngineLimit);
            if (await Task.WhenAny(stopping, forced) == stopping && (await stopping).ExitCode is not 0)
            {
                log.LogWarning("{Container} was not stopped by the engine: {Problem}", name, LogLine.Of((await stopping).Output));
            }
        }

        if (await LookAsync() is not { Processes: 0 })
        {
            await engine.RunAsync(["kill", name], SettleLimit);
        }

        await Task.WhenAny(client.Exited, Task.Delay(SettleLimit, time, CancellationToken.None));
        var remains = await CleanAsync();
        var exitCode = client.Exited.IsCompleted ? (await client.Exited).Code : null;
        return new Stop(Stop.ContainerStopped, exitCode, Stop.SignalOf(exitCode), remains);
    }

    public async Task<Remains> CleanAsync()
    {
        // The engine's own attendants stand below the client too and are still tidying up: they get a moment before they are ended.
        var since = time.GetTimestamp();
        while (client.Exited.IsCompleted && time.GetElapsedTime(since) < SettleLimit && client.IsAlive)
        {
            await Task.Delay(LookInterval, time, CancellationToken.None);
        }

        var processes = await client.EndEverythingAsync();
        await client.FinishOutputAsync();
        return processes + await RemoveAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!client.Exited.IsCompleted)
        {
            await RemoveAsync();
        }

        await client.DisposeAsync();
    }

    private static async Task<Exit> ExitAsync(ContainerEngine engine, ProcessGroup client)
    {
        var exit = await client.Exited;
        return exit.Code switch
        {
            EngineFailed => exit.AsError($"{engine.Program} could not run the container"),
            CommandNotExecutable => exit.AsError("the container's command cannot be executed"),
            CommandNotFound => exit.AsError("the container has no such command"),
            _ => exit,
        };
    }

    private async Task<Remains> RemoveAsync()
    {
        var remains = await LookAsync();
        if (remains is not { Processes: 0 })
        {
            await engine.RunAsync(["rm", "-f", name], EngineLimit);
            remains = await LookAsync();
        }

        return remains;
    }

    // An engine that does not answer proves nothing.
    private async Task<Remains> LookAsync()
    {
        var (exitCode, output) = await engine.RunAsync(["ps", "-a", "--filter", $"name={name}", "--format", "{{.ID}}"], EngineLimit);
        if (exitCode is 0)
        {
            return new Remains(output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length, Reason: null);
        }

        log.LogError("the engine does not say whether {Container} is gone: {Problem}", name, LogLine.Of(output));
        return Remains.Unknown("the container engine does not say whether the container is gone");
    }
}
