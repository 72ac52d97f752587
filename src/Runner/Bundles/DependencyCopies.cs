using Ledger.Runner.Execution;
using Ledger.Runner.Folders;

namespace Ledger.Runner.Bundles;

/// <summary>
/// Brings kept dependencies into one run's bundle, and copies of what was installed there back. The copying is done by processes of the
/// run, which a cancel ends like any other.
/// </summary>
/// <param name="kept">Where they are kept.</param>
/// <param name="entry">The place of this run's key.</param>
/// <param name="scene">The run.</param>
/// <param name="launcher">Starts the copying.</param>
internal sealed class DependencyCopies(KeptDependencies kept, KeptDependencies.KeptEntry entry, Scene scene, Launcher launcher)
{
    private const string NodeModules = "node_modules";

    // The first argument is where the copies go, the others are what to copy, with "./" in front.
    private const string CopyEach =
        """target=$1; shift; for d; do mkdir -p "$target/$(dirname "$d")" && cp -a "$d" "$target/$d" || exit 1; done""";

    private string? stamp;

    private string Root => scene.Folder.Bundle;

    /// <summary>Whether there is something to restore, and the run has nothing against it.</summary>
    public bool MayRestore()
    {
        stamp = scene.Spec.RefreshCache ? null : entry.Stamp();
        return stamp is not null && FindInstalled().Count == 0;
    }

    /// <summary>Starts to copy what is kept into the bundle.</summary>
    /// <exception cref="UnusableSpecException">There is no program for it.</exception>
    public Task<IWorkload> RestoreAsync() =>
        launcher.StartToolAsync(scene, ["cp", "-a", Path.Combine(entry.Tree, "."), Root], Root);

    /// <summary>Whether all of it arrived. If not, what did is deleted again.</summary>
    public bool IsRestored(Exit copied)
    {
        if (!copied.IsFailed && entry.Stamp() == stamp)
        {
            scene.Output.Note("dependencies restored from an earlier installation");
            return true;
        }

        foreach (var directory in FindInstalled())
        {
            FileTree.Delete(Path.Combine(Root, directory));
        }

        return false;
    }

    /// <summary>The directories that an installation made, relative to the bundle.</summary>
    public IReadOnlyList<string> FindInstalled()
    {
        var found = new List<string>();
        Find(new DirectoryInfo(Root), found);
        return found;
    }

    /// <summary>Starts to copy what was installed.</summary>
    /// <exception cref="UnusableSpecException">There is no program for it.</exception>
    public Task<IWorkload> CopyAsync(IReadOnlyList<string> directories)
    {
        string[] command =
        [
            "sh", "-c", CopyEach, "sh", Path.Combine(scene.Folder.Keeping, RunFolder.KeepingTree), .. directories.Select(d => $"./{d}"),
        ];
        return launcher.StartToolAsync(scene, command, Root);
    }

    /// <summary>Keeps what was copied, if all of it was.</summary>
    public void Keep(Exit copied)
    {
        if (!copied.IsFailed)
        {
            kept.Keep(entry, scene.Folder, replace: scene.Spec.RefreshCache);
        }
    }

    private void Find(DirectoryInfo directory, List<string> found)
    {
        foreach (var inner in directory.EnumerateDirectories().Where(d => d.LinkTarget is null))
        {
            if (inner.Name is NodeModules)
            {
                found.Add(Path.GetRelativePath(Root, inner.FullName));
            }
            else
            {
                Find(inner, found);
            }
        }
    }
}
