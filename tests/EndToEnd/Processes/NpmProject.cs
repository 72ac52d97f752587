namespace Ledger.EndToEnd.Processes;

/// <summary>A project in a folder of its own, with its packages installed from npm.</summary>
internal static class NpmProject
{
    /// <summary>Copies sources into a new folder, the later over the earlier, and installs what their <c>package.json</c> names.</summary>
    /// <param name="prefix">What the folder's name begins with.</param>
    /// <param name="sources">Folders below the test's own output folder.</param>
    /// <param name="allowScripts">Whether the packages' own install scripts may run.</param>
    /// <returns>The folder.</returns>
    public static async Task<string> InstallAsync(string prefix, IEnumerable<string> sources, bool allowScripts = false)
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        foreach (var source in sources)
        {
            Copy(Path.Combine(AppContext.BaseDirectory, source), folder);
        }

        string[] scripts = allowScripts ? [] : ["--ignore-scripts"];
        await using var npm = ChildProcess.Start("npm", ["install", "--no-audit", "--no-fund", .. scripts], folder);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await npm.WaitForExitAsync(patience.Token);
        npm.ExitCode.ShouldBe(0, string.Join('\n', npm.Output));
        return folder;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}
