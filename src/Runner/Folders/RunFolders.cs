using System.Security.Cryptography;
using Ledger.Runner.Execution;
using Ledger.Runner.Supervising;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Folders;

/// <summary>
/// The directories of this runner's runs. They lie in a directory that this process owns by a locked file beside it: as long as the lock
/// holds, its owner lives. A runner that was killed leaves its directory behind, unlocked, and the next one deletes it.
/// </summary>
internal sealed class RunFolders : IDisposable
{
    private const string LockSuffix = ".lock";
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private readonly string all;
    private readonly string own;
    private readonly FileStream held;
    private readonly UserIds? user;
    private readonly TimeProvider time;
    private readonly ILogger log;

    /// <summary>Takes a directory of its own.</summary>
    /// <param name="dataDirectory">The runner's data directory, which may be shared with other runners of the same user.</param>
    /// <param name="user">Who runs execute as; null for this user.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Says what could not be deleted.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public RunFolders(string dataDirectory, UserIds? user, TimeProvider time, ILogger log)
    {
        this.user = user;
        this.time = time;
        this.log = log;
        all = Path.Combine(dataDirectory, "runs");
        CreatePrivate(all);
        (own, held) = TakeOwn(all);
        if (user is not null)
        {
            OpenToOthers(all);
            OpenToOthers(own);
        }
    }

    /// <summary>Makes a directory that only this user can enter, and those above it.</summary>
    public static void CreatePrivate(string path) =>
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>Lets other users go through a directory to one whose name they know, without seeing what else is there.</summary>
    public static void OpenToOthers(string path) =>
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    /// <summary>The directory of a run, new and empty.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public RunFolder Create(Guid sequenceId)
    {
        var path = Path.Combine(own, $"{sequenceId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        CreatePrivate(path);
        var folder = new RunFolder(path, user, log);
        CreatePrivate(Path.GetDirectoryName(folder.Report)!);
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
                await EndLeftoversAsync(file[..^LockSuffix.Length]);
                FileTree.Delete(file[..^LockSuffix.Length]);
                File.Delete(file);
                log.LogInformation("deleted what a former runner left in {Folder}", file[..^LockSuffix.Length]);
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
        try
        {
            FileTree.Delete(own);
            File.Delete(held.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogError("{Folder} cannot be deleted; the next runner tries again: {Problem}", own, e.Message);
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
            while (record is { Ended: null } && IsAlive(record.Supervisor) && time.GetElapsedTime(since) < Supervisor.EndLimit * 2)
            {
                await Task.Delay(LookInterval, time, CancellationToken.None);
                record = RunRecord.Read(file);
            }

            if (record is not null)
            {
                var (ended, remains) = await Leftover.EndAsync(record, time);
                log.LogWarning(
                    "a runner that was killed left {Mark} running: {How}, {Remains}",
                    record.Mark, record.Ended is null ? $"{ended} processes ended now" : "ended by its supervisor", remains);
            }
        }
    }

    private static bool IsAlive(ProcessIdentity process) =>
        ProcessTree.Find(process.Id) is { IsZombie: false } now && now.Identity == process;

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
                CreatePrivate(own);
                return (own, taken);
            }

            taken.Dispose();
        }
    }
}
