using System.Security.Cryptography;
using System.Text;
using Ledger.Runner.Folders;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Bundles;

/// <summary>
/// The <c>node_modules</c> that were installed for former runs, by the <c>cacheKey</c> of their spec. A run gets a copy and gives a copy,
/// so no run sees what another one changes. Entries are whole from the moment they have their name, are never written to, and lose
/// their name before they are deleted: whoever copies one and finds the same entry there afterwards has copied all of it. Several runs,
/// and several runners, may share them without locks.
/// </summary>
internal sealed class KeptDependencies(RunnerOptions options, ILogger log)
{
    private const string StampName = "stamp";
    private readonly string all = Path.Combine(options.DataDirectory, "kept");

    /// <summary>The place for one key. What is installed otherwise, or elsewhere in the bundle, does not stand under the same key.</summary>
    public KeptEntry Entry(string cacheKey, Installation installation, string root)
    {
        var parts = installation.Command.Prepend(Path.GetRelativePath(root, installation.Directory)).Prepend(cacheKey);
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts)));
        return new KeptEntry(Path.Combine(all, Convert.ToHexStringLower(digest)));
    }

    /// <summary>Gives a finished entry its name, unless another run was first, and lets go of the entries that were not used longest.</summary>
    /// <param name="entry">Its place.</param>
    /// <param name="folder">The run's directory: what is to be kept was made there, and what is dropped is deleted with it.</param>
    /// <param name="replace">Puts it in the place of one that is there.</param>
    public void Keep(KeptEntry entry, RunFolder folder, bool replace)
    {
        try
        {
            RunFolders.CreatePrivate(all);
            if (options.RunAs is not null)
            {
                RunFolders.OpenToOthers(all);
            }

            Stamp(folder.Keeping);
            if (replace)
            {
                Drop(entry.Path, folder);
            }

            if (!Directory.Exists(entry.Path))
            {
                Directory.Move(folder.Keeping, entry.Path);
            }

            foreach (var old in Directory.GetDirectories(all).OrderByDescending(LastUse).Skip(options.KeptDependencies))
            {
                Drop(old, folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another runner may be doing the same. What is not kept is installed once more.
            log.LogWarning("installed dependencies are not kept: {Problem}", e.Message);
        }
    }

    // Code of the run could write here, so a link may lie in the place of anything: none is followed.
    private static void Stamp(string directory)
    {
        if (new DirectoryInfo(directory).LinkTarget is not null)
        {
            throw new IOException($"{directory} is a link");
        }

        var file = Path.Combine(directory, StampName);
        File.Delete(file);
        using var stamp = new StreamWriter(new FileStream(file, FileMode.CreateNew));
        stamp.Write(Guid.NewGuid().ToString());
    }

    private static void Drop(string entry, RunFolder folder)
    {
        if (Directory.Exists(entry))
        {
            Directory.Move(entry, folder.NewDropped());
        }
    }

    private static DateTime LastUse(string entry) => File.GetLastWriteTimeUtc(Path.Combine(entry, StampName));

    /// <summary>One entry, which may or may not be there.</summary>
    /// <param name="Path">Its directory.</param>
    internal sealed record KeptEntry(string Path)
    {
        /// <summary>The copies of the directories, at their places below the root of a bundle.</summary>
        public string Tree => System.IO.Path.Combine(Path, RunFolder.KeepingTree);

        /// <summary>What tells this entry from a later one of the same key; null if there is none.</summary>
        public string? Stamp()
        {
            var file = System.IO.Path.Combine(Path, StampName);
            try
            {
                var stamp = File.ReadAllText(file);
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
                return stamp;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
