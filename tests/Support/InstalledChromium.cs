namespace Ledger.Support;

/// <summary>The Chromium of this machine.</summary>
public static class InstalledChromium
{
    private static readonly string[] Names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

    /// <summary>
    /// Where it is: <c>CHROMIUM_PATH</c>, else on the search path; null for nowhere. The one that has no windows to draw around pages takes half
    /// the processor time.
    /// </summary>
    public static string? Path { get; } = Environment.GetEnvironmentVariable("CHROMIUM_PATH") is { Length: > 0 } named
        ? named
        : Names
            .SelectMany(_ => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator), (name, folder) => System.IO.Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
