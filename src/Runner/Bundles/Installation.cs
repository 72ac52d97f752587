namespace Ledger.Runner.Bundles;

/// <summary>A command that installs what a bundle needs, and where it runs.</summary>
internal sealed record Installation(IReadOnlyList<string> Command, string Directory)
{
    private const string NodeModules = "node_modules";

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
        var places = Upwards(root, directory).ToList();
        if (places.Exists(place => System.IO.Directory.Exists(Path.Combine(place, NodeModules))))
        {
            return null;
        }

        return Known
            .SelectMany(known => places.Where(place => File.Exists(Path.Combine(place, known.File))).Select(place => (known, place)))
            .Select(found => new Installation(found.known.Command, found.place))
            .FirstOrDefault();
    }

    private static IEnumerable<string> Upwards(string root, string directory)
    {
        for (var place = directory; place is not null && place.Length >= root.Length; place = Path.GetDirectoryName(place))
        {
            yield return place;
        }
    }
}
