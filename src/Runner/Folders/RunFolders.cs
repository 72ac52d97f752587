using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Folders;

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
    private readonly ILogger log;

    /// <summary>Takes a directory of its own.</summary>
    /// <param name="dataDirectory">The runner's data directory, which may be shared with other runners of the same user.</param>
    /// <param name="log">Says what could not be deleted.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public RunFolders(string dataDirectory, ILogger log)
    {
        this.log = log;
        all = Path.Combine(dataDirectory, "runs");
        CreatePrivate(all);
        (own, held) = TakeOwn(all);
    }

    /// <summary>Makes a directory that only this user can enter, and those above it.</summary>
    public static void CreatePrivate(string path) =>
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>The directory of a run, new and empty.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public RunFolder Create(Guid sequenceId)
    {
        var path = Path.Combine(own, $"{sequenceId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        CreatePrivate(path);
        return new RunFolder(path, log);
    }

    /// <summary>Deletes what runners that are gone have left behind.</summary>
    public void Sweep()
    {
        foreach (var file in Directory.EnumerateFiles(all, "*" + LockSuffix).Where(f => f != own + LockSuffix))
        {
            try
            {
                using var left = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
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
