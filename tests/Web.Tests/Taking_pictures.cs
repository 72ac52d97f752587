using Ledger.Support;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>
/// Takes the pictures of the README from a demo that runs: <c>LEDGER_DEMO=http://127.0.0.1:5080 LEDGER_DEMO_KEY=… dotnet test tests/Web.Tests
/// --filter Taking_pictures</c>. Skipped without.
/// </summary>
public sealed class Taking_pictures
{
    private static readonly string? Demo = Environment.GetEnvironmentVariable("LEDGER_DEMO");

    [DemoFact]
    public async Task The_pictures_of_the_readme_are_taken()
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable("LEDGER_DEMO_PICTURES") ?? Path.GetTempPath());
        var browser = await Chromium.GetAsync();
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Demo,
            ColorScheme = ColorScheme.Light,
            ViewportSize = new ViewportSize { Width = 1180, Height = 700 },
            Locale = "en-GB",
            TimezoneId = "UTC",
        });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(Environment.GetEnvironmentVariable("LEDGER_DEMO_KEY")!);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/sessions");
        await TakeAsync("/sessions", "sessions");
        await TakeAsync("/cancellations", "cancellations");
        await page.VisitAsync("/cancellations?outcome=cancelled&cause=user&via=ui");
        await TakeAsync((await page.Locator("tbody tr").Filter(new() { HasText = "Checkout" }).First.GetByRole(AriaRole.Link).GetAttributeAsync("href"))!, "cancelled-session");

        async Task TakeAsync(string address, string name)
        {
            await page.VisitAsync(address);
            await page.WaitForTimeoutAsync(1_500);
            var path = Path.Combine(folder, $"{name}.jpg");
            await page.ScreenshotAsync(new() { Path = path, Type = ScreenshotType.Jpeg, Quality = 70 });
            new FileInfo(path).Length.ShouldBeLessThan(120 * 1024);
        }
    }

    private sealed class DemoFactAttribute : FactAttribute
    {
        public DemoFactAttribute() => Skip = Demo is null || InstalledChromium.Path is null ? "LEDGER_DEMO names no demo that runs." : null;
    }
}
