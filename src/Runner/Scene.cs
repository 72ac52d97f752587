using System.Collections;

namespace Ledger.Runner;

/// <summary>A run and where it takes place; begins its steps.</summary>
internal sealed class Scene(
    RunnerOptions options, LedgerClient ledger, ClaimedRun run, RunSpec spec, RunFolder folder, RunLog output, TimeProvider time, ILogger log)
{
    public RunnerOptions Options => options;

    public RunSpec Spec => spec;

    public RunFolder Folder => folder;

    public RunLog Output => output;

    public TimeProvider Time => time;

    public ILogger Log => log;

    /// <summary>Where the command runs. With a bundle, a directory inside it.</summary>
    /// <exception cref="UnusableSpecException">It would be outside of the bundle.</exception>
    public string Directory
    {
        get
        {
            var named = spec.WorkingDirectory ?? ".";
            if (spec.Bundle is null)
            {
                return Path.Combine(options.WorkDirectory, named);
            }

            var inside = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(folder.Bundle, named)));
            return inside == folder.Bundle || inside.StartsWith(folder.Bundle + '/', StringComparison.Ordinal)
                ? inside
                : throw new UnusableSpecException($"spec.workingDirectory {LogLine.Of(named)} leads outside of the bundle");
        }
    }

    /// <summary>Begins to fetch and unpack the run's bundle.</summary>
    public Task<IWorkload> FetchAsync() => WorkAsync(async token =>
    {
        await spec.Bundle!.FetchAsync(options, ledger, folder, output, time, token);
        folder.HandOver();
        return Exit.Passed;
    });

    /// <summary>Begins a wait.</summary>
    public Task<IWorkload> WaitAsync(TimeSpan wait) => WorkAsync(async token =>
    {
        await Task.Delay(wait, time, token);
        return Exit.Passed;
    });

    /// <summary>Starts a program of this machine for the run, with the run's own variables or without.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started; the message says why.</exception>
    public Task<IWorkload> StartAsync(IReadOnlyList<string> command, string directory, bool isOfTheRun) =>
        StartAsync(command, directory, Variables(isOfTheRun));

    /// <summary>Starts one try of what the run is for.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started; the message says why.</exception>
    public Task<IWorkload> StartTryAsync() => spec switch
    {
        { ApiRequest: { } request } => WorkAsync(token => ApiCheck.PerformAsync(request, output, time, token)),
        { Image: not null } => StartContainerAsync(),
        _ => StartCommandAsync(),
    };

    private static Task<IWorkload> WorkAsync(Func<CancellationToken, Task<Exit>> work) => Task.FromResult<IWorkload>(new TaskWorkload(work));

    private Task<IWorkload> StartCommandAsync()
    {
        var environment = Variables(isOfTheRun: true);
        // A run that writes its report elsewhere has its reasons.
        if (environment.TryAdd("PLAYWRIGHT_JSON_OUTPUT_FILE", folder.Report))
        {
            environment.TryAdd("PLAYWRIGHT_JSON_OUTPUT_NAME", folder.Report);
        }

        if (Files.Try(() => TestReport.Prepare(folder.Report)) is { } problem)
        {
            throw new UnusableSpecException($"there is no room for the run's test report: {problem}");
        }

        return StartAsync(spec.Command, Directory, environment);
    }

    private async Task<IWorkload> StartAsync(IReadOnlyList<string> command, string directory, Dictionary<string, string?> environment)
    {
        if (options.RunAs is { } user)
        {
            environment.TryAdd("HOME", user.Home);
            environment.TryAdd("USER", user.Name);
            environment.TryAdd("LOGNAME", user.Name);
        }

        return await StartGroupAsync(command, directory, environment, options.RunAs);
    }

    private async Task<IWorkload> StartContainerAsync()
    {
        var engine = await ContainerEngine.FindAsync(options.ContainerEngine, time);
        var name = $"ledger-{run.SequenceId}";
        string[] command =
        [
            engine.Program, "run", "--rm", "--name", name,
            .. Variables(isOfTheRun: true).Where(v => v.Value is not null).SelectMany(v => new[] { "-e", $"{v.Key}={v.Value}" }),
            .. spec.WorkingDirectory is { } directory ? ["-w", directory] : Array.Empty<string>(),
            spec.Image!, .. spec.Command,
        ];
        // The run's own variables are for the container; its client keeps the runner's, or it might not find its engine.
        var client = await StartGroupAsync(command, options.WorkDirectory, Variables(isOfTheRun: false), user: null);
        return new ContainerWorkload(engine, client, name, time, log);
    }

    private Task<ProcessGroup> StartGroupAsync(
        IReadOnlyList<string> command, string directory, Dictionary<string, string?> changes, UserAccount? user)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value, StringComparer.Ordinal);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        environment["PWD"] = full;
        foreach (var (name, value) in changes)
        {
            environment[name] = value;
        }

        if (!System.IO.Directory.Exists(directory))
        {
            throw new UnusableSpecException($"the working directory {LogLine.Of(directory)} does not exist");
        }

        var launch = new Launch(
            Files.FindProgram(command[0], environment.GetValueOrDefault("PATH"), directory)
                ?? throw new UnusableSpecException($"{LogLine.Of(command[0])} is not an executable program on this runner"),
            [.. command],
            full,
            [.. environment.Where(variable => variable.Value is not null).Select(variable => $"{variable.Key}={variable.Value}")],
            $"{ProcessGroup.Mark}={run.SequenceId}",
            folder.NewRecord(),
            user,
            options.UsesControlGroups);
        return ProcessGroup.StartAsync(launch, output, time);
    }

    // Null removes a variable: the runner's own key is not for its runs; one that needs a key brings it along.
    private Dictionary<string, string?> Variables(bool isOfTheRun)
    {
        var environment = new Dictionary<string, string?>(isOfTheRun ? spec.Environment : [], StringComparer.Ordinal)
        {
            ["LEDGER_SESSION_ID"] = run.SessionId.ToString(),
            [ProcessGroup.Mark] = run.SequenceId.ToString(),
            ["LEDGER_CHECK_TYPE"] = WithoutNul(run.CheckType),
            ["LEDGER_LOCATION"] = WithoutNul(run.Location),
            ["LEDGER_RUN_NAME"] = WithoutNul(run.Name),
        };
        environment.TryAdd(RunnerKey.Variable, value: null);
        environment.TryAdd(RunnerKey.FileVariable, value: null);
        if (run.Traceparent is not null)
        {
            environment.TryAdd("TRACEPARENT", WithoutNul(run.Traceparent));
        }

        return environment;
    }

    private static string WithoutNul(string? text) => (text ?? string.Empty).Replace("\0", string.Empty, StringComparison.Ordinal);
}
