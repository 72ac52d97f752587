using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>Somebody new, on a ledger with nothing in it: pages alone lead to a session that runs and is cancelled.</summary>
public sealed class Starting_out(Site site) : IClassFixture<Site>
{
    [BrowserFact]
    public async Task A_first_session_is_started_says_what_it_waits_for_runs_and_is_cancelled()
    {
        var page = await site.SignInAsync();
        await Assertions.Expect(page.GetByText("No session yet")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Start one that sleeps" }).ClickAsync();
        await Assertions.Expect(page.Locator(".waits code")).ToContainTextAsync("--location local");
        site.StartRunner("local");
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=running]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".waits")).ToHaveCountAsync(0);
        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync("only a try");

        await Assertions.Expect(page.Locator(".session-head [data-tone=cancelled]")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Proven: the runner looked")).ToBeVisibleAsync();
    }
}
