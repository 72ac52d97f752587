using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Playwright;

/// <summary>A genuine Playwright project in a folder of its own, with its packages installed from npm, and the browser to run it with.</summary>
internal sealed class PlaywrightProject : IDisposable
{
    private PlaywrightProject(string folder, string chromium)
    {
        Folder = folder;
        Chromium = chromium;
    }

    public string Folder { get; }

    public string Chromium { get; }

    /// <summary>Once this file exists, the endless test ends.</summary>
    public string ReleaseFile => Path.Combine(Folder, "release");

    /// <summary>What the runner executes.</summary>
    public object Spec => new
    {
        command = new[] { Path.Combine(Folder, "node_modules", ".bin", "playwright"), "test" },
        workingDirectory = Folder,
        environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CHROMIUM_PATH"] = Chromium,
            ["RELEASE_FILE"] = ReleaseFile,
            ["RESULTS_DIRECTORY"] = Path.Combine(Folder, "results"),
        },
    };

    public static async Task<PlaywrightProject> InstallAsync() =>
        new(await NpmProject.InstallAsync("ledger-playwright-", ["Playwright"]), Browser.FindChromium());

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
