namespace Ledger.EndToEnd.Playwright;

/// <summary>The browser of this machine.</summary>
internal static class Browser
{
    /// <summary>Where Chromium is: <c>CHROMIUM_PATH</c>, else on the search path.</summary>
    public static string FindChromium()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var candidates =
            from name in new[] { "chromium", "chromium-browser", "google-chrome" }
            from folder in folders
            select Path.Combine(folder, name);
        return (Environment.GetEnvironmentVariable("CHROMIUM_PATH") is { Length: > 0 } named ? named : candidates.FirstOrDefault(File.Exists))
            ?? throw new InvalidOperationException("Chromium is missing: the test command installs it, or set CHROMIUM_PATH.");
    }
}
