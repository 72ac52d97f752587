namespace Ledger.Runner;

/// <summary>
/// What a run does once the ledger has agreed to its start: fetch its bundle, install what that needs, try, wait, try again. It watches over
/// every step in the same way: each ends by itself, or is ended by a wish or by the run's own limit. Between two of them the run can be
/// ended as well, and then the next one is not begun.
/// </summary>
internal sealed class RunSteps : IDisposable
{
    private readonly Scene scene;
    private readonly StopRequests stops;
    private readonly RunReports reports;
    private readonly OpenSpan whole;
    private readonly CancellationTokenSource over = new();
    private readonly Task limitPassed;

    /// <summary>Begins to watch: the run's own limit counts from now on.</summary>
    public RunSteps(Scene scene, StopRequests stops, RunReports reports)
    {
        this.scene = scene;
        this.stops = stops;
        this.reports = reports;
        whole = new OpenSpan(scene.Time);
        limitPassed = Task.Delay(Spec.Timeout ?? Timeout.InfiniteTimeSpan, scene.Time, over.Token);
    }

    /// <summary>Whether the run's own limit has passed, and so ends it if nothing else did before.</summary>
    public bool IsOverLimit => limitPassed.IsCompletedSuccessfully && !stops.Requested.IsCompleted;

    private RunSpec Spec => scene.Spec;

    public void Dispose()
    {
        over.Cancel();
        over.Dispose();
    }

    /// <summary>Executes the run.</summary>
    /// <exception cref="UnusableSpecException">It cannot be executed.</exception>
    public async Task<Ending> ExecuteAsync() => await PrepareAsync() ?? await TryAsync();

    // Null means that everything is there.
    private async Task<Ending?> PrepareAsync()
    {
        if (Spec.Bundle is not null && await StepAsync(scene.FetchAsync) is not Ending.Finished and var ending)
        {
            return ending;
        }

        var installation = Spec.Install.Count > 0 ? new Installation(Spec.Install, scene.Directory)
            : Spec.Bundle is not null ? Installation.For(scene.Folder.Bundle, scene.Directory)
            : null;
        return installation is null ? null : await InstallAsync(installation);
    }

    private async Task<Ending?> InstallAsync(Installation installation)
    {
        var keeping = Spec is { Bundle: not null, CacheKey: { } key } ? new KeptDependencies(scene, key, installation) : null;
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

        var command = string.Join(' ', installation.Command);
        scene.Output.Note(command);
        var installed = await StepAsync(() => scene.StartAsync(installation.Command, installation.Directory, isOfTheRun: true));
        if (installed is not Ending.Finished { Exit: { IsFailed: false } })
        {
            return installed is Ending.Finished failed
                ? failed with { Exit = failed.Exit.AsError($"the installation failed: {LogLine.Of(command)}") }
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
        var since = scene.Time.GetTimestamp();
        for (var number = 1; ; number++)
        {
            var ending = await StepAsync(scene.StartTryAsync);
            if (ending is not Ending.Finished finished)
            {
                return ending;
            }

            finished = finished with { Attempt = Spec.Retry is null ? null : number };
            if (Spec.Retry?.WaitAfter(number, finished.Exit, scene.Time.GetElapsedTime(since)) is not { } wait)
            {
                return finished;
            }

            reports.AddTry(finished);
            scene.Output.Note($"try {number} of {Spec.Retry.Tries} failed, the next begins in {wait.TotalSeconds} s");
            var waited = await StepAsync(() => scene.WaitAsync(wait));
            if (waited is not Ending.Finished)
            {
                return waited;
            }
        }
    }

    // Sees one step through to its end, and does not begin it when the run has to end already. Finished means that the run may go on.
    private async Task<Ending> StepAsync(Func<Task<IWorkload>> start)
    {
        if (stops.Requested.IsCompleted || limitPassed.IsCompleted)
        {
            return Cut(Stop.Idle, TimeSpan.Zero);
        }

        var span = new OpenSpan(scene.Time);
        await using var workload = await start();
        await Task.WhenAny(workload.Exited, stops.Requested, limitPassed);
        if (!workload.HasEnded)
        {
            var ending = new OpenSpan(scene.Time);
            var stop = await workload.StopAsync(TimeSpan.FromSeconds(scene.Options.GraceSeconds), stops.Forced);
            var took = ending.End().Duration;
            reports.Note(stop, took);
            return Cut(stop, took);
        }

        // It ended by itself before a stop could take effect: its real result counts (docs/domain.md#rule-3).
        var ended = span.End();
        var left = await workload.CleanAsync();
        var exit = await workload.Exited;
        return stops.Disowned is { } why ? new Ending.Disowned(why) : new Ending.Finished(exit, left, ended, Written());
    }

    private Ending Cut(Stop stop, TimeSpan took)
    {
        var (span, output) = (whole.End(), Written());
        return stops.Outcome(stop, took, span, output) ?? new Ending.TimedOut(Spec.Timeout.GetValueOrDefault(), stop, span, output);
    }

    private RunOutput Written() => new(scene.Output.Path, scene.Output.Tail(), TestReport.Read(scene.Folder.Report));
}
