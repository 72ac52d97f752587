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

    public static async Task<PlaywrightProject> InstallAsync()
    {
        var folder = Directory.CreateTempSubdirectory("ledger-playwright-").FullName;
        Copy(Path.Combine(AppContext.BaseDirectory, "Playwright"), folder);
        await using var npm = ChildProcess.Start("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], folder);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await npm.WaitForExitAsync(patience.Token);
        npm.ExitCode.ShouldBe(0, string.Join('\n', npm.Output));
        return new PlaywrightProject(folder, FindChromium());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string FindChromium()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var candidates =
            from name in new[] { "chromium", "chromium-browser", "google-chrome" }
            from folder in folders
            select Path.Combine(folder, name);
        return (Environment.GetEnvironmentVariable("CHROMIUM_PATH") is { Length: > 0 } named ? named : candidates.FirstOrDefault(File.Exists))
            ?? throw new InvalidOperationException("Chromium is missing: the test command installs it, or set CHROMIUM_PATH.");
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
