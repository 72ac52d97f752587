using System.ComponentModel;
using CliWrap;
using CliWrap.Buffered;

namespace Ledger.Runner;

/// <summary>docker or podman, whichever works here.</summary>
internal sealed class ContainerEngine(string program, TimeProvider time)
{
    /// <summary>The full path of the client.</summary>
    public string Program => program;

    /// <summary>Finds an engine whose client is here and whose engine answers.</summary>
    /// <param name="setting"><c>auto</c> for docker, then podman; a name or a path.</param>
    /// <exception cref="UnusableSpecException">There is none.</exception>
    public static async Task<ContainerEngine> FindAsync(string setting, TimeProvider time)
    {
        string[] names = setting is "auto" ? ["docker", "podman"] : [setting];
        var programs = names.Select(n => Files.FindProgram(n, Environment.GetEnvironmentVariable("PATH"), Environment.CurrentDirectory));
        foreach (var engine in programs.OfType<string>().Select(p => new ContainerEngine(p, time)))
        {
            if ((await engine.RunAsync(TimeSpan.FromSeconds(15), "version")).ExitCode == 0)
            {
                return engine;
            }
        }

        throw new UnusableSpecException(
            $"the spec names an image, but no container engine answers on this runner (looked for {string.Join(" and ", names)})");
    }

    /// <summary>Runs one command of the engine's client. The exit code is null when it did not end in time.</summary>
    public async Task<(int? ExitCode, string Output)> RunAsync(TimeSpan limit, params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(limit, time);
        try
        {
            var result = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithEnvironmentVariables(keys => keys.Set(RunnerKey.Variable, value: null).Set(RunnerKey.FileVariable, value: null))
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(deadline.Token);
            return (result.ExitCode, result.IsSuccess ? result.StandardOutput : result.StandardError);
        }
        catch (OperationCanceledException)
        {
            return (null, "it did not answer in time");
        }
        catch (Win32Exception e)
        {
            return (null, e.Message);
        }
    }
}

/// <summary>
/// A run as a container. The engine's client stands in a process group of its own and gives output and exit code; the container itself
/// is stopped through the engine and is gone only when the engine no longer lists it.
/// </summary>
internal sealed class ContainerWorkload(ContainerEngine engine, ProcessGroup client, string name, TimeProvider time, ILogger log) : IWorkload
{
    private static readonly TimeSpan EngineLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(5);

    public Task<Exit> Exited { get; } = ExitAsync(engine, client);

    public bool HasEnded => client.HasEnded;

    public async Task<Stop> StopAsync(TimeSpan grace, Task forced)
    {
        if (!forced.IsCompleted)
        {
            var stopping = engine.RunAsync(grace + EngineLimit, "stop", "-t", $"{Math.Ceiling(grace.TotalSeconds)}", name);
            if (await Task.WhenAny(stopping, forced) == stopping && (await stopping).ExitCode is not 0)
            {
                log.LogWarning("{Container} was not stopped by the engine: {Problem}", name, LogLine.Of((await stopping).Output));
            }
        }

        if (await LookAsync() is not { Processes: 0 })
        {
            await engine.RunAsync(SettleLimit, "kill", name);
        }

        await Task.WhenAny(client.Exited, Task.Delay(SettleLimit, time, CancellationToken.None));
        var remains = await CleanAsync();
        return new Stop("containerStopped", remains, client.Exited.IsCompleted ? (await client.Exited).Code : null);
    }

    public async Task<Remains> CleanAsync()
    {
        // The engine's own attendants stand below the client too and are still tidying up: they get a moment before they are ended.
        var since = time.GetTimestamp();
        while (client.Exited.IsCompleted && time.GetElapsedTime(since) < SettleLimit && client.IsAlive)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, CancellationToken.None);
        }

        return await client.CleanAsync() + await RemoveAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!client.Exited.IsCompleted)
        {
            await RemoveAsync();
        }

        await client.DisposeAsync();
    }

    // What docker and podman answer when the container itself could not be run.
    private static async Task<Exit> ExitAsync(ContainerEngine engine, ProcessGroup client)
    {
        var exit = await client.Exited;
        return exit.Code switch
        {
            125 => exit.AsError($"{engine.Program} could not run the container"),
            126 => exit.AsError("the container's command cannot be executed"),
            127 => exit.AsError("the container has no such command"),
            _ => exit,
        };
    }

    private async Task<Remains> RemoveAsync()
    {
        var remains = await LookAsync();
        if (remains is not { Processes: 0 })
        {
            await engine.RunAsync(EngineLimit, "rm", "-f", name);
            remains = await LookAsync();
        }

        return remains;
    }

    // An engine that does not answer proves nothing.
    private async Task<Remains> LookAsync()
    {
        var (exitCode, output) = await engine.RunAsync(EngineLimit, "ps", "-a", "--filter", $"name={name}", "--format", "{{.ID}}");
        if (exitCode is 0)
        {
            return new Remains(output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length, Reason: null);
        }

        log.LogError("the engine does not say whether {Container} is gone: {Problem}", name, LogLine.Of(output));
        return Remains.Unknown("the container engine does not say whether the container is gone");
    }
}
