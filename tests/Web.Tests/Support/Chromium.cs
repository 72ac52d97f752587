using Microsoft.Playwright;

namespace Ledger.Web.Tests.Support;

/// <summary>The one browser of all tests; each has a context of its own.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
    private static readonly Lazy<Task<IBrowser>> Browser = new(LaunchAsync);

    /// <summary>Where it is; null for nowhere. The one that has no windows to draw around pages takes half the processor time.</summary>
    public static string? Path { get; } = Environment.GetEnvironmentVariable("CHROMIUM_PATH") is { Length: > 0 } named
        ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
            .SelectMany(folder => Names.Select((name, at) => (Rank: at, Path: System.IO.Path.Combine(folder, name))))
            .OrderBy(each => each.Rank)
            .Select(each => each.Path)
            .FirstOrDefault(File.Exists);

    public static Task<IBrowser> GetAsync() => Browser.Value;

    private static async Task<IBrowser> LaunchAsync()
    {
        Assertions.SetDefaultExpectTimeout(60_000); // Only what fails waits so long.
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Path,
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"], // Root has no sandbox, containers little shared memory, and nobody looks.
        });
    }
}
