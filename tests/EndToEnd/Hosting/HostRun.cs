using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Hosting;

/// <summary>The genuine host, called for something that ends by itself.</summary>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Lines">What it printed, errors included; empty lines left out.</param>
internal sealed record HostRun(int ExitCode, IReadOnlyList<string> Lines)
{
    public string Text => string.Join('\n', Lines);

    /// <summary>Runs it in a folder, with nothing of the caller's settings but what is given.</summary>
    public static async Task<HostRun> CallAsync(string folder, params string[] arguments)
    {
        await using var process = ChildProcess.StartDotnet(
            "Ledger.Http.dll",
            arguments,
            folder,
            // The account's own certificates for development are not the product's.
            new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = folder, ["DOTNET_CLI_HOME"] = folder });
        var exitCode = await process.ExitCodeAsync(TimeSpan.FromSeconds(60));
        return new(exitCode, [.. process.Output.Where(line => line.Length > 0)]);
    }
}
