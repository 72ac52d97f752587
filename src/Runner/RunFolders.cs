namespace Ledger.Runner;

/// <summary>The directory of one run: its bundle and its test report.</summary>
/// <param name="path">The directory, which is there already.</param>
/// <param name="user">Who the run executes as; null for this user.</param>
/// <param name="log">Says what could not be deleted.</param>
internal sealed class RunFolder(string path, UserAccount? user, ILogger log)
{
    /// <summary>Where the archive of the bundle is stored until it is unpacked.</summary>
    public string Archive => Path.Combine(path, "bundle.tar.gz");

    /// <summary>The root of the unpacked bundle.</summary>
    public string Bundle => Path.Combine(path, "bundle");

    /// <summary>Where installed dependencies are copied to before they are kept.</summary>
    public string Keeping => Path.Combine(path, "keeping");

    /// <summary>Where Playwright is told to write its JSON report.</summary>
    public string Report => Path.Combine(path, "report", "playwright.json");

    /// <summary>A file beside this directory in which a supervisor notes what it runs; nothing is there yet.</summary>
    public string NewRecord() => $"{path}.{Guid.NewGuid():N}{RunRecord.Suffix}";

    /// <summary>A path for something that is deleted with this directory; nothing is there yet.</summary>
    public string NewDropped() => Path.Combine(path, $"dropped-{Guid.NewGuid()}");

    /// <summary>Gives the directory with all that is in it to the user that the run executes as. Before anything of the run has begun.</summary>
    /// <exception cref="IOException">It cannot be given.</exception>
    public void HandOver()
    {
        if (user is not null)
        {
            Files.HandOver(new DirectoryInfo(path), user);
        }
    }

    /// <summary>Deletes all of it. A bundle may hold tens of thousands of files: that is not for the thread that reports.</summary>
    public Task DeleteAsync() => Task.Run(() =>
    {
        if (Files.Try(() => Files.DeleteTree(path)) is { } problem)
        {
            log.LogError("{Folder} cannot be deleted; the next runner tries again: {Problem}", path, problem);
        }
    });
}

/// <summary>
/// The directories of this runner's runs. They lie in a directory that this process owns by a locked file beside it: as long as the lock
/// holds, its owner lives. A runner that was killed leaves its directory behind, unlocked, and the next one deletes it.
/// </summary>
internal sealed class RunFolders : IDisposable
{
    private const string LockSuffix = ".lock";
    private readonly string all;
    private readonly string own;
    private readonly FileStream held;
    private readonly UserAccount? user;
    private readonly TimeProvider time;
    private readonly ILogger log;

    /// <summary>Takes a directory of its own below the runner's data directory, which may be shared with other runners of the same user.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public RunFolders(RunnerOptions options, TimeProvider time, ILogger log)
    {
        user = options.RunAs;
        this.time = time;
        this.log = log;
        all = Path.Combine(options.DataDirectory, "runs");
        Files.CreatePrivate(all);
        (own, held) = TakeOwn(all);
        if (user is not null)
        {
            Files.OpenToOthers(all);
            Files.OpenToOthers(own);
        }
    }

    /// <summary>The directory of a run, new and empty.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public RunFolder Create(Guid sequenceId)
    {
        var path = Path.Combine(own, $"{sequenceId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        Files.CreatePrivate(path);
        var folder = new RunFolder(path, user, log);
        Files.CreatePrivate(Path.GetDirectoryName(folder.Report)!);
        folder.HandOver();
        return folder;
    }

    /// <summary>Ends what runners that are gone have left running, says so, and deletes their directories.</summary>
    public async Task SweepAsync()
    {
        foreach (var file in Directory.EnumerateFiles(all, "*" + LockSuffix).Where(f => f != own + LockSuffix))
        {
            try
            {
                using var left = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                var directory = file[..^LockSuffix.Length];
                await EndLeftoversAsync(directory);
                Files.DeleteTree(directory);
                File.Delete(file);
                log.LogInformation("deleted what a former runner left in {Folder}", directory);
            }
            catch (FileNotFoundException)
            {
                // Its owner, or another runner that sweeps, was first.
            }
            catch (IOException e)
            {
                log.LogDebug("{File} belongs to a living runner, or cannot be deleted: {Problem}", file, e.Message);
            }
            catch (UnauthorizedAccessException e)
            {
                log.LogWarning("what a former runner left cannot be deleted: {Problem}", e.Message);
            }
        }
    }

    /// <summary>Deletes this runner's own directory.</summary>
    public void Dispose()
    {
        var problem = Files.Try(() =>
        {
            Files.DeleteTree(own);
            File.Delete(held.Name);
        });
        if (problem is not null)
        {
            log.LogError("{Folder} cannot be deleted; the next runner tries again: {Problem}", own, problem);
        }

        held.Dispose();
    }

    // A supervisor whose runner was killed ends its run itself and writes down how that went: it gets the time for it.
    private async Task EndLeftoversAsync(string directory)
    {
        foreach (var file in Directory.Exists(directory) ? Directory.GetFiles(directory, "*" + RunRecord.Suffix) : [])
        {
            var since = time.GetTimestamp();
            var record = RunRecord.Read(file);
            while (record is { Ended: null, Supervisor.IsAlive: true } && time.GetElapsedTime(since) < RunRecord.EndLimit * 2)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), time, CancellationToken.None);
                record = RunRecord.Read(file);
            }

            if (record is not null)
            {
                var (ended, remains) = await record.EndLeftoverAsync(time);
                log.LogWarning(
                    "a runner that was killed left {Mark} running: {How}, {Remains}",
                    record.Mark, record.Ended is null ? $"{ended} processes ended now" : "ended by its supervisor", remains);
            }
        }
    }

    // Between the making of the file and its lock another runner's sweep may take it for left-over: then another name does it.
    private static (string Own, FileStream Lock) TakeOwn(string all)
    {
        while (true)
        {
            var own = Path.Combine(all, RandomNumberGenerator.GetHexString(12, lowercase: true));
            FileStream? taken = null;
            try
            {
                taken = new FileStream(own + LockSuffix, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(own + LockSuffix))
            {
                continue;
            }

            if (File.Exists(own + LockSuffix))
            {
                Files.CreatePrivate(own);
                return (own, taken);
            }

            taken.Dispose();
        }
    }
}
