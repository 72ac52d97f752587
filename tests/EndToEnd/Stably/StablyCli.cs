using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Stably;

/// <summary>
/// The genuine command line, installed from npm into a folder of its own and run as its users run it (docs/dialects/stably.md#testing).
/// </summary>
internal sealed class StablyCli : IDisposable
{
    private readonly string folder;

    private StablyCli(string folder) => this.folder = folder;

    public static async Task<StablyCli> InstallAsync()
    {
        var folder = Directory.CreateTempSubdirectory("ledger-stably-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "no-telemetry"));
        foreach (var file in new[] { "package.json", "no-telemetry/package.json" })
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Stably", file), Path.Combine(folder, file));
        }

        await using var npm = ChildProcess.Start(
            "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--prefer-offline"], folder);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await npm.WaitForExitAsync(patience.Token);
        npm.ExitCode.ShouldBe(0, string.Join('\n', npm.Output));
        return new StablyCli(folder);
    }

    /// <summary>Runs one command to its end.</summary>
    public async Task<CliOutcome> RunAsync(LedgerProcess ledger, string apiKey, string projectId, params string[] arguments)
    {
        var home = Directory.CreateDirectory(Path.Combine(folder, "home")).FullName;
        await using var stably = ChildProcess.Start(
            Path.Combine(folder, "node_modules", ".bin", "stably"),
            arguments,
            home,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["STABLY_API_URL"] = ledger.Address.ToString().TrimEnd('/'),
                ["STABLY_API_KEY"] = apiKey,
                ["STABLY_PROJECT_ID"] = projectId,
                ["STABLY_DISABLE_TELEMETRY"] = "1",
                ["DO_NOT_TRACK"] = "1",
                ["STABLY_DISABLE_UPDATE_CHECK"] = "1",
                ["NO_COLOR"] = "1",
                ["HOME"] = home,
            });
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await stably.WaitForExitAsync(patience.Token);
        return new CliOutcome(stably.ExitCode, string.Join('\n', stably.Output));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

/// <summary>How a command ended and what it printed.</summary>
internal sealed record CliOutcome(int ExitCode, string Output);
