namespace Ledger.Runner;

/// <summary>A command that installs what a bundle needs, and where it runs.</summary>
internal sealed record Installation(IReadOnlyList<string> Command, string Directory)
{
    // The first lock file decides; without one, the package file does.
    private static readonly (string File, string[] Command)[] Known =
    [
        ("package-lock.json", ["npm", "ci", "--no-audit", "--no-fund"]),
        ("npm-shrinkwrap.json", ["npm", "ci", "--no-audit", "--no-fund"]),
        ("pnpm-lock.yaml", ["pnpm", "install", "--frozen-lockfile"]),
        ("yarn.lock", ["yarn", "install", "--frozen-lockfile"]),
        ("package.json", ["npm", "install", "--no-audit", "--no-fund"]),
    ];

    /// <summary>
    /// What a bundle needs by what is in it, looked for in a directory and those above it; null if it needs nothing, or brings its
    /// <c>node_modules</c> along.
    /// </summary>
    /// <param name="root">The root of the bundle.</param>
    /// <param name="directory">Where the run's command runs, inside the root.</param>
    public static Installation? For(string root, string directory)
    {
        var places = new List<string>();
        for (var place = directory; place is not null && place.Length >= root.Length; place = Path.GetDirectoryName(place))
        {
            places.Add(place);
        }

        return places.Exists(place => System.IO.Directory.Exists(Path.Combine(place, "node_modules")))
            ? null
            : Known.SelectMany(known => places
                .Where(place => File.Exists(Path.Combine(place, known.File)))
                .Select(place => new Installation(known.Command, place))).FirstOrDefault();
    }
}

/// <summary>
/// The <c>node_modules</c> that were installed for former runs, by the <c>cacheKey</c> of their spec. A run gets a copy and gives a copy,
/// so no run sees what another one changes; the copying is done by processes of the run, which a cancel ends like any other. Entries are
/// whole from the moment they have their name, are never written to, and lose their name before they are deleted: whoever copies one and
/// finds the same entry there afterwards has copied all of it. Several runs, and several runners, may share them without locks.
/// </summary>
internal sealed class KeptDependencies
{
    // The first argument is where the copies go, the others are what to copy, with "./" in front.
    private const string CopyEach =
        """target=$1; shift; for d; do mkdir -p "$target/$(dirname "$d")" && cp -a "$d" "$target/$d" || exit 1; done""";

    private const string Tree = "tree";
    private readonly Scene scene;
    private readonly RunFolder folder;
    private readonly string all;
    private readonly string entry;
    private string? stamp;

    /// <summary>The place for one key. What is installed otherwise, or elsewhere in the bundle, does not stand under the same key.</summary>
    public KeptDependencies(Scene scene, string cacheKey, Installation installation)
    {
        this.scene = scene;
        folder = scene.Folder;
        all = Path.Combine(scene.Options.DataDirectory, "kept");
        string[] parts = [cacheKey, Path.GetRelativePath(folder.Bundle, installation.Directory), .. installation.Command];
        entry = Path.Combine(all, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts)))));
    }

    /// <summary>Whether there is something to restore, and the run has nothing against it.</summary>
    public bool MayRestore()
    {
        stamp = scene.Spec.RefreshCache == true ? null : Use();
        return stamp is not null && FindInstalled().Count == 0;
    }

    /// <summary>Starts to copy what is kept into the bundle.</summary>
    /// <exception cref="UnusableSpecException">There is no program for it.</exception>
    public Task<IWorkload> RestoreAsync() =>
        scene.StartAsync(["cp", "-a", Path.Combine(entry, Tree, "."), folder.Bundle], folder.Bundle, isOfTheRun: false);

    /// <summary>Whether all of it arrived. If not, what did is deleted again.</summary>
    public bool IsRestored(Exit copied)
    {
        if (!copied.IsFailed && Use() == stamp)
        {
            scene.Output.Note("dependencies restored from an earlier installation");
            return true;
        }

        foreach (var directory in FindInstalled())
        {
            Files.DeleteTree(Path.Combine(folder.Bundle, directory));
        }

        return false;
    }

    /// <summary>The directories that an installation made, relative to the bundle.</summary>
    public List<string> FindInstalled()
    {
        IEnumerable<DirectoryInfo> Find(DirectoryInfo directory) => directory.EnumerateDirectories()
            .Where(inner => inner.LinkTarget is null)
            .SelectMany(inner => inner.Name is "node_modules" ? [inner] : Find(inner));
        return [.. Find(new DirectoryInfo(folder.Bundle)).Select(found => Path.GetRelativePath(folder.Bundle, found.FullName))];
    }

    /// <summary>Starts to copy what was installed.</summary>
    /// <exception cref="UnusableSpecException">There is no program for it.</exception>
    public Task<IWorkload> CopyAsync(IReadOnlyList<string> directories) => scene.StartAsync(
        ["sh", "-c", CopyEach, "sh", Path.Combine(folder.Keeping, Tree), .. directories.Select(d => $"./{d}")], folder.Bundle, isOfTheRun: false);

    /// <summary>
    /// Keeps what was copied, if all of it was: gives it its name, unless another run was first, and lets go of the entries that were not
    /// used longest. What is dropped is deleted with the run's directory.
    /// </summary>
    public void Keep(Exit copied)
    {
        // Another runner may be doing the same. What is not kept is installed once more.
        if (!copied.IsFailed && Files.Try(Keep) is { } problem)
        {
            scene.Log.LogWarning("installed dependencies are not kept: {Problem}", problem);
        }
    }

    private void Keep()
    {
        Files.CreatePrivate(all);
        if (scene.Options.RunAs is not null)
        {
            Files.OpenToOthers(all);
        }

        // Code of the run could write here, so a link may lie in the place of anything: none is followed.
        if (new DirectoryInfo(folder.Keeping).LinkTarget is not null)
        {
            throw new IOException($"{folder.Keeping} is a link");
        }

        File.Delete(StampOf(folder.Keeping));
        using (var file = new StreamWriter(new FileStream(StampOf(folder.Keeping), FileMode.CreateNew)))
        {
            file.Write(Guid.NewGuid().ToString());
        }

        if (scene.Spec.RefreshCache == true)
        {
            Drop(entry);
        }

        if (!Directory.Exists(entry))
        {
            Directory.Move(folder.Keeping, entry);
        }

        var byUse = Directory.GetDirectories(all).OrderByDescending(kept => File.GetLastWriteTimeUtc(StampOf(kept)));
        foreach (var old in byUse.Skip(scene.Options.KeptDependencies))
        {
            Drop(old);
        }
    }

    private void Drop(string kept)
    {
        if (Directory.Exists(kept))
        {
            Directory.Move(kept, folder.NewDropped());
        }
    }

    // What tells the entry from a later one of the same key; null if there is none.
    private string? Use() => Files.Try<string?>(
        () =>
        {
            var stamp = File.ReadAllText(StampOf(entry));
            File.SetLastWriteTimeUtc(StampOf(entry), DateTime.UtcNow);
            return stamp;
        },
        otherwise: null);

    private static string StampOf(string directory) => Path.Combine(directory, "stamp");
}
