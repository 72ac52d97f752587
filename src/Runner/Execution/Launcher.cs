using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Execution;

/// <summary>Turns a run's spec into something that executes.</summary>
internal sealed class Launcher(RunnerOptions options, TimeProvider time, ILogger<Launcher> log)
{
    /// <summary>Starts a run.</summary>
    /// <exception cref="UnusableSpecException">It cannot be started; the message says why.</exception>
    public async Task<IWorkload> StartAsync(ClaimedRun run, RunSpec spec, RunLog output)
    {
        if (spec.Image is not null)
        {
            return await StartContainerAsync(run, spec, output);
        }

        var directory = Path.Combine(options.WorkDirectory, spec.WorkingDirectory ?? ".");
        var group = await ProcessGroup.StartAsync(
            new Launch(spec.Command, directory, EnvironmentOf(run, spec.Environment)), run.SequenceId, output, time);
        return new ProcessWorkload(group, time);
    }

    private async Task<IWorkload> StartContainerAsync(ClaimedRun run, RunSpec spec, RunLog output)
    {
        var engine = await ContainerEngine.FindAsync(options.ContainerEngine, time);
        var name = ContainerWorkload.NameOf(run.SequenceId);
        var command = new List<string> { engine.Program };
        command.AddRange(ContainerWorkload.Arguments(spec, name, EnvironmentOf(run, spec.Environment)));
        // The run's own variables are for the container; its client keeps the runner's, or it might not find its engine.
        var client = EnvironmentOf(run, new Dictionary<string, string?>(StringComparer.Ordinal));
        var group = await ProcessGroup.StartAsync(new Launch(command, options.WorkDirectory, client), run.SequenceId, output, time);
        return new ContainerWorkload(engine, group, name, time, log);
    }

    private static Dictionary<string, string?> EnvironmentOf(ClaimedRun run, IReadOnlyDictionary<string, string?> own)
    {
        var environment = new Dictionary<string, string?>(own, StringComparer.Ordinal)
        {
            ["LEDGER_SESSION_ID"] = run.SessionId.ToString(),
            [ProcessFamily.Mark] = run.SequenceId.ToString(),
            ["LEDGER_CHECK_TYPE"] = WithoutNul(run.CheckType),
            ["LEDGER_LOCATION"] = WithoutNul(run.Location),
            ["LEDGER_RUN_NAME"] = WithoutNul(run.Name),
        };
        // The runner's own key is not for its runs; one that needs a key brings it along.
        environment.TryAdd(RunnerOptions.KeyVariable, value: null);
        return environment;
    }

    private static string WithoutNul(string? text) => (text ?? string.Empty).Replace("\0", string.Empty, StringComparison.Ordinal);
}
