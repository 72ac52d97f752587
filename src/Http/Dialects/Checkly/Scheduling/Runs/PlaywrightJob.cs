using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>A Playwright check suite: a command in a directory of an uploaded bundle (wire.md 4.2).</summary>
public sealed record PlaywrightJob : JobWork
{
    private const int LongestCommand = 32 * 1024;
    private const int LongestCacheHash = 128;

    /// <summary>The key that the upload was answered with. Required.</summary>
    public string? CodeBundlePath { get; init; }

    /// <summary>Installs dependencies, in the shell's words; absent when the runner is to do it by the lock file that it finds.</summary>
    public string? InstallCommand { get; init; }

    /// <summary>Executes the tests, in the shell's words. Required.</summary>
    public string? TestCommand { get; init; }

    /// <summary>Where in the bundle.</summary>
    public string WorkingDir { get; init; } = ".";

    /// <summary>The same as long as the dependencies are the same.</summary>
    public string? CacheHash { get; init; }

    private Guid key;

    public override Guid? BundleKey => key;

    /// <summary>Reads a job.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static PlaywrightJob Read(JsonElement raw, string where)
    {
        var job = Parse<PlaywrightJob>(raw, where);
        if (IsNoCommand(job.TestCommand) || (job.InstallCommand is not null && IsNoCommand(job.InstallCommand)))
        {
            throw RequestRejected.BadRequest(
                $"'{where}' needs a command: 'testCommand' and 'installCommand' have 1 to {LongestCommand} characters.");
        }

        if (job.CacheHash is { } hash && (hash.Length is 0 or > LongestCacheHash || !hash.All(char.IsAsciiLetterOrDigit)))
        {
            throw RequestRejected.BadRequest($"'{where}.cacheHash' must be 1 to {LongestCacheHash} letters and digits.");
        }

        if (PartsOf(job.WorkingDir) is null)
        {
            throw RequestRejected.BadRequest($"'{where}.workingDir' must be a directory of the bundle.");
        }

        return job with { key = Inputs.Uuid($"{where}.codeBundlePath", job.CodeBundlePath) };
    }

    public override void WriteTo(JsonObject spec, Bundle? bundle)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        var directory = PartsOf(WorkingDir)!;
        spec["bundle"] = new JsonObject
        {
            ["key"] = bundle.Key.ToString(),
            ["sha256"] = bundle.Sha256,
            ["sizeBytes"] = bundle.SizeBytes,
        };
        if (InstallCommand is not null)
        {
            spec["install"] = Shell(InstallCommand);
        }

        spec["command"] = Shell(TestCommand!);
        spec["workingDirectory"] = directory.Length == 0 ? "." : string.Join('/', directory);
        if (CacheHash is not null)
        {
            spec["cacheKey"] = CacheHash;
        }
    }

    private static JsonArray Shell(string command) => ["sh", "-c", command];

    private static bool IsNoCommand(string? command) => string.IsNullOrWhiteSpace(command) || command.Length > LongestCommand;

    /// <summary>The directories on the way; null for one that leads out of the bundle.</summary>
    private static string[]? PartsOf(string directory)
    {
        var parts = directory.Split('/', '\\').Where(part => part.Length > 0 && part != ".").ToArray();
        var leadsOut = directory.StartsWith('/') || parts.Any(part => part == ".." || part.Contains(':'));
        return leadsOut || directory.Length > Limits.Name ? null : parts;
    }
}
