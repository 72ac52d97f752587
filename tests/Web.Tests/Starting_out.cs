using Ledger.Support;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>Somebody new, in an account with nothing in it: pages alone lead to a session that runs and is cancelled.</summary>
[Collection(SharedSite.Name)]
public sealed class Starting_out(Site site) : SiteTests(site)
{
    [BrowserFact]
    public async Task A_first_session_is_started_says_what_it_waits_for_runs_and_is_cancelled()
    {
        var (ledger, _) = await Site.OtherAsync();
        var page = await Site.SignInAsync(ledger.Place.ApiKey, host: ledger);
        await Assertions.Expect(page.GetByText("No session yet")).ToBeVisibleAsync();
        (await Axe.LookAtAsync(page, "an empty account")).ShouldBeEmpty();

        await page.GetByRole(AriaRole.Button, new() { Name = "Start one that sleeps" }).ClickAsync();
        await Assertions.Expect(page.Locator(".waits code")).ToContainTextAsync("--location local");
        Site.StartRunner("local", ledger, ledger.Place.ApiKey);
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=running]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".waits")).ToHaveCountAsync(0);
        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync("only a try");

        await Assertions.Expect(page.Locator(".session-head [data-tone=cancelled]")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Proven: the runner looked")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task What_one_would_type_in_a_terminal_is_started_in_its_folder()
    {
        var place = $"place-{Guid.NewGuid():N}";
        var folder = Directory.CreateTempSubdirectory("suite-").FullName;
        try
        {
            Site.StartRunner(place);
            await Site.TriggerAsync("There is one already");
            var page = await Site.SignInAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Start a session" }).ClickAsync();
            await page.GetByLabel("Command").FillAsync("pwd > where && sleep 600");
            await page.GetByLabel("Folder").FillAsync(folder);
            await page.GetByLabel("Location").FillAsync(place);
            await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

            await page.WaitForURLAsync("**/sessions/*");
            await Assertions.Expect(page.Locator("tr[data-run] [data-tone=running]")).ToBeVisibleAsync();
            await Eventually.Become(async () => (await File.ReadAllTextAsync(Path.Combine(folder, "where"))).Trim() == folder);
            await page.Locator("#cancel-session").ClickAsync();
            await page.ConfirmAsync();
            await Assertions.Expect(page.GetByText("Proven: the runner looked")).ToBeVisibleAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
