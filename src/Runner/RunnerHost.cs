using Ledger.Runner.Bundles;
using Ledger.Runner.Execution;
using Ledger.Runner.Folders;
using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner;

/// <summary>How the process ends.</summary>
internal static class ExitCodes
{
    /// <summary>Drained: nothing runs, everything is reported.</summary>
    public const int Clean = 0;

    /// <summary>Something was killed or could not be reported.</summary>
    public const int Unsettled = 1;

    /// <summary>It cannot work like this: wrong options, a refused key, an unsuitable machine.</summary>
    public const int Unusable = 2;
}

/// <summary>One runner from its start to the end of its drain.</summary>
internal sealed class RunnerHost(RunnerOptions options, TimeProvider time, ILoggerFactory logs)
{
    private readonly ILogger log = logs.CreateLogger<RunnerHost>();
    private readonly TaskCompletionSource killNow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource drain = new();

    /// <summary>The first call drains, the next kills.</summary>
    /// <param name="why">For the log, such as the name of a signal.</param>
    public void Stop(string why)
    {
        if (drain.IsCancellationRequested)
        {
            log.LogWarning("{Why} again: ending everything now", why);
            killNow.TrySetResult();
        }
        else
        {
            log.LogInformation("{Why}: no more runs are claimed", why);
            drain.Cancel();
        }
    }

    /// <summary>Works until it is stopped or finally refused, drains, and returns the exit code.</summary>
    public async Task<int> RunAsync()
    {
        log.LogInformation(
            "runner {Id} at {Locations}, {Max} runs at once, logs in {LogDirectory}",
            options.Id, string.Join(", ", options.Locations), options.Max, options.LogDirectory);
        if (options.KeyWarning is { } warning)
        {
            log.LogWarning("{Warning}", warning);
        }

        using var ledger = new LedgerClient(options.Url, options.Key, options.Id, time);
        using var folders = new RunFolders(options.DataDirectory, options.RunAs?.Ids, time, logs.CreateLogger<RunFolders>());
        var sweeping = Task.Run(folders.SweepAsync);
        using var giveUp = new CancellationTokenSource();
        using var stopListening = new CancellationTokenSource();
        var launcher = new Launcher(
            options,
            new BundleDownload(options, ledger, time),
            new KeptDependencies(options, logs.CreateLogger<KeptDependencies>()),
            time,
            logs.CreateLogger<Launcher>());
        var runLog = logs.CreateLogger<RunExecution>();
        var held = new HeldRuns(
            run => new RunExecution(run, options, ledger, launcher, folders, time, runLog, giveUp.Token), logs.CreateLogger<HeldRuns>());
        var signals = new SignalStream(ledger, options.Retry, time, logs.CreateLogger<SignalStream>());
        var listening = signals.ListenAsync(held.Route, stopListening.Token);

        var end = await new Claiming(options, ledger, held, time, logs.CreateLogger<Claiming>()).ClaimAsync(drain.Token);
        if (end.Refusal is not null)
        {
            log.LogError("the ledger at {Url} does not let this runner claim: {Refusal}", options.Url, end.Refusal);
        }

        await new Draining(options, ledger, held, time, logs.CreateLogger<Draining>()).DrainAsync(killNow.Task, giveUp.CancelAsync);
        await stopListening.CancelAsync();
        await listening;
        await sweeping;
        var exitCode = end.Refusal is not null ? ExitCodes.Unusable : held.AnyUnsettled ? ExitCodes.Unsettled : ExitCodes.Clean;
        log.LogInformation("ended with exit code {ExitCode}", exitCode);
        return exitCode;
    }
}
