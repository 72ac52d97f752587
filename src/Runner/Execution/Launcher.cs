using Ledger.Runner.ApiRequests;
using Ledger.Runner.Bundles;
using Ledger.Runner.TestReports;
using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Execution;

/// <summary>Turns what a run's spec says into something that executes.</summary>
internal sealed class Launcher(
    RunnerOptions options, BundleDownload download, KeptDependencies kept, TimeProvider time, ILogger<Launcher> log)
{
    private static readonly Dictionary<string, string?> NoVariables = new(StringComparer.Ordinal);

    /// <summary>Begins to fetch and unpack the run's bundle.</summary>
    public Task<IWorkload> Fetch(Scene scene) => Task.FromResult<IWorkload>(
        new TaskWorkload(async token =>
        {
            var exit = await download.FetchAsync(scene.Spec.Bundle!, scene.Folder, scene.Output, token);
            scene.Folder.HandOver();
            return exit;
        }));

    /// <summary>Starts an installation.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started; the message says why.</exception>
    public Task<IWorkload> StartAsync(Scene scene, Installation installation) =>
        StartAsync(scene, installation.Command, installation.Directory, Variables(scene.Run, scene.Spec.Environment));

    /// <summary>Starts a program of this machine that belongs to the run but not to what it tests.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started; the message says why.</exception>
    public Task<IWorkload> StartToolAsync(Scene scene, IReadOnlyList<string> command, string directory) =>
        StartAsync(scene, command, directory, Variables(scene.Run, NoVariables));

    /// <summary>The dependencies that are kept for the run; null if it says nothing of that.</summary>
    public DependencyCopies? Keeping(Scene scene, Installation installation) =>
        scene.Spec is { Bundle: not null, CacheKey: { } key }
            ? new DependencyCopies(kept, kept.Entry(key, installation, scene.Folder.Bundle), scene, this)
            : null;

    /// <summary>Starts one try of what the run is for.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started; the message says why.</exception>
    public Task<IWorkload> StartTryAsync(Scene scene) => scene.Spec switch
    {
        { ApiRequest: { } request } => Task.FromResult<IWorkload>(
            new TaskWorkload(token => ApiCheck.PerformAsync(request, scene.Output, time, token))),
        { Image: not null } => StartContainerAsync(scene),
        _ => StartCommandAsync(scene),
    };

    private Task<IWorkload> StartCommandAsync(Scene scene)
    {
        var environment = Variables(scene.Run, scene.Spec.Environment);
        // A run that writes its report elsewhere has its reasons.
        if (environment.TryAdd("PLAYWRIGHT_JSON_OUTPUT_FILE", scene.Folder.Report))
        {
            environment.TryAdd("PLAYWRIGHT_JSON_OUTPUT_NAME", scene.Folder.Report);
        }

        try
        {
            TestReportFile.Prepare(scene.Folder.Report);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableSpecException($"there is no room for the run's test report: {e.Message}");
        }

        return StartAsync(scene, scene.Spec.Command, scene.Directory, environment);
    }

    private async Task<IWorkload> StartAsync(
        Scene scene, IReadOnlyList<string> command, string directory, Dictionary<string, string?> environment)
    {
        if (options.RunAs is { } user)
        {
            environment.TryAdd("HOME", user.Home);
            environment.TryAdd("USER", user.Name);
            environment.TryAdd("LOGNAME", user.Name);
        }

        var launch = new Launch(command, directory, environment, scene.Folder.NewRecord(), options.RunAs?.Ids, options.UsesControlGroups);
        return new ProcessWorkload(await ProcessGroup.StartAsync(launch, scene.Run.SequenceId, scene.Output, time), time);
    }

    private async Task<IWorkload> StartContainerAsync(Scene scene)
    {
        var engine = await ContainerEngine.FindAsync(options.ContainerEngine, time);
        var name = ContainerWorkload.NameOf(scene.Run.SequenceId);
        var command = new List<string> { engine.Program };
        command.AddRange(ContainerWorkload.Arguments(scene.Spec, name, Variables(scene.Run, scene.Spec.Environment)));
        // The run's own variables are for the container; its client keeps the runner's, or it might not find its engine.
        var client = Variables(scene.Run, NoVariables);
        var launch = new Launch(
            command, options.WorkDirectory, client, scene.Folder.NewRecord(), User: null, options.UsesControlGroups);
        var group = await ProcessGroup.StartAsync(launch, scene.Run.SequenceId, scene.Output, time);
        return new ContainerWorkload(engine, group, name, time, log);
    }

    private static Dictionary<string, string?> Variables(ClaimedRun run, IReadOnlyDictionary<string, string?> own)
    {
        var environment = new Dictionary<string, string?>(own, StringComparer.Ordinal)
        {
            ["LEDGER_SESSION_ID"] = run.SessionId.ToString(),
            [ProcessGroup.Mark] = run.SequenceId.ToString(),
            ["LEDGER_CHECK_TYPE"] = WithoutNul(run.CheckType),
            ["LEDGER_LOCATION"] = WithoutNul(run.Location),
            ["LEDGER_RUN_NAME"] = WithoutNul(run.Name),
        };
        // The runner's own key is not for its runs; one that needs a key brings it along.
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
