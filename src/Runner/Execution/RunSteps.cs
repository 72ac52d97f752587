using Ledger.Runner.Bundles;
using Ledger.Runner.TestReports;

namespace Ledger.Runner.Execution;

/// <summary>
/// What a run does once the ledger has agreed to its start: fetch its bundle, install what that needs, try, wait, try again. Every step
/// stands under the same <see cref="Supervision"/> and writes to the same log.
/// </summary>
/// <param name="launcher">Begins steps.</param>
/// <param name="scene">The run and where it takes place.</param>
/// <param name="supervision">Watches over them.</param>
/// <param name="reports">Takes failed tries.</param>
/// <param name="time">The clock.</param>
internal sealed class RunSteps(Launcher launcher, Scene scene, Supervision supervision, RunReports reports, TimeProvider time)
{
    private RunSpec Spec => scene.Spec;

    /// <summary>Executes the run.</summary>
    /// <exception cref="UnusableSpecException">It cannot be executed.</exception>
    public async Task<Ending> ExecuteAsync() => await PrepareAsync() ?? await TryAsync();

    // Null means that everything is there.
    private async Task<Ending?> PrepareAsync()
    {
        if (Spec.Bundle is not null)
        {
            var fetched = await StepAsync(() => launcher.Fetch(scene));
            if (fetched is not Ending.Finished)
            {
                return fetched;
            }
        }

        return scene.FindInstallation() is { } installation ? await InstallAsync(installation) : null;
    }

    private async Task<Ending?> InstallAsync(Installation installation)
    {
        var keeping = launcher.Keeping(scene, installation);
        if (keeping is not null && keeping.MayRestore())
        {
            var restored = await StepAsync(keeping.RestoreAsync);
            if (restored is not Ending.Finished { Exit: var copied })
            {
                return restored;
            }

            if (keeping.IsRestored(copied))
            {
                return null;
            }
        }

        scene.Output.Note(string.Join(' ', installation.Command));
        var installed = await StepAsync(() => launcher.StartAsync(scene, installation));
        if (installed is not Ending.Finished { Exit: { IsFailed: false } })
        {
            return installed is Ending.Finished failed
                ? failed with { Exit = failed.Exit.AsError($"the installation failed: {LogLine.Of(string.Join(' ', installation.Command))}") }
                : installed;
        }

        if (keeping is not null && keeping.FindInstalled() is { Count: > 0 } directories)
        {
            var kept = await StepAsync(() => keeping.CopyAsync(directories));
            if (kept is not Ending.Finished { Exit: var copied })
            {
                return kept;
            }

            keeping.Keep(copied);
        }

        return null;
    }

    private async Task<Ending> TryAsync()
    {
        var since = time.GetTimestamp();
        for (var number = 1; ; number++)
        {
            var ending = await StepAsync(() => launcher.StartTryAsync(scene));
            if (ending is not Ending.Finished finished)
            {
                return ending;
            }

            finished = finished with { Attempt = Spec.Retry is null ? null : number };
            if (Spec.Retry?.WaitAfter(number, finished.Exit, time.GetElapsedTime(since)) is not { } wait)
            {
                return finished;
            }

            reports.Failed(finished);
            scene.Output.Note($"try {number} of {Spec.Retry.MaximumTries} failed, the next begins in {wait.TotalSeconds} s");
            var waited = await StepAsync(() => Waiting(wait));
            if (waited is not Ending.Finished)
            {
                return waited;
            }
        }
    }

    private Task<IWorkload> Waiting(TimeSpan wait) => Task.FromResult<IWorkload>(new TaskWorkload(async token =>
    {
        await Task.Delay(wait, time, token);
        return Exit.Passed;
    }));

    private Task<Ending> StepAsync(Func<Task<IWorkload>> start) => supervision.SeeThroughAsync(start, Written);

    private RunOutput Written() => new(scene.Output.Path, scene.Output.Tail(), TestReportFile.Read(scene.Folder.Report));
}
