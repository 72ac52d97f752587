using Ledger.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests.Support;

/// <summary>The one browser of all tests; each has a context of its own.</summary>
internal static class Chromium
{
    private static readonly Lazy<Task<IBrowser>> Browser = new(LaunchAsync);

    public static Task<IBrowser> GetAsync() => Browser.Value;

    private static async Task<IBrowser> LaunchAsync()
    {
        Assertions.SetDefaultExpectTimeout(60_000); // Only what fails waits so long.
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = InstalledChromium.Path,
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"], // Root has no sandbox, containers little shared memory, and nobody looks.
        });
    }
}
