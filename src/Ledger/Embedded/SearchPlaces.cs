namespace Ledger.Embedded;

/// <summary>Where to look for the server programs, in this order; a test looks elsewhere.</summary>
/// <param name="Setting">The folder that a person chose; when set, no other place counts.</param>
/// <param name="Path">Folders of <c>PATH</c>.</param>
/// <param name="InstallFolders">The usual folders of packages, the newest version first.</param>
/// <param name="Npm">The package to fetch when nothing is installed; null when there is none for this platform.</param>
internal sealed record SearchPlaces(
    string? Setting,
    IReadOnlyList<string> Path,
    IReadOnlyList<string> InstallFolders,
    NpmPackage? Npm)
{
    /// <summary>The places of this machine.</summary>
    internal static SearchPlaces OfThisMachine(string? setting) =>
        new(setting, ProgramPath.Folders(), UsualInstallFolders(), NpmPackage.ForThisMachine());

    private static List<string> UsualInstallFolders() =>
    [
        .. VersionedFolders("/usr/lib/postgresql", "*"),
        .. VersionedFolders("/usr", "pgsql-*"),
        "/usr/local/pgsql/bin",
        .. VersionedFolders("/opt/homebrew/opt", "postgresql*"),
        .. VersionedFolders("/usr/local/opt", "postgresql*"),
        .. VersionedFolders("/home/linuxbrew/.linuxbrew/opt", "postgresql*"),
    ];

    /// <summary>The <c>bin</c> folders below <paramref name="parent"/>, ordered by the number in the folder's name.</summary>
    internal static IEnumerable<string> VersionedFolders(string parent, string pattern) =>
        Directory.Exists(parent)
            ? Directory.EnumerateDirectories(parent, pattern)
                .OrderByDescending(NumberIn)
                .Select(folder => System.IO.Path.Combine(folder, "bin"))
            : [];

    private static int NumberIn(string folder)
    {
        var digits = new string([.. System.IO.Path.GetFileName(folder).SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, out var number) ? number : 0;
    }
}
