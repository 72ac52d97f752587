using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>For everybody: no violation of WCAG 2.2 AA in either theme, by keyboard alone, from 360 px up.</summary>
[Collection(SharedSite.Name)]
public sealed class Being_accessible(Site site) : SiteTests(site)
{
    [BrowserFact]
    public async Task Axe_finds_nothing_on_any_page_in_either_theme()
    {
        var cancelled = await Site.TriggerAsync("Cancelled", runs: 2);
        await Site.Host.PostAsync($"/ledger/sessions/{cancelled}/cancel", new { reason = "for the axe" });
        var open = await Site.TriggerAsync("Open", runs: 2, metadata: new { branchName = "main", commitId = "abc" });
        var page = await Site.OpenAsync();
        var found = new List<string>();
        foreach (var address in (string[])["/sign-in", "/nowhere"])
        {
            await page.GotoAsync(address);
            found.AddRange(await Axe.LookAtAsync(page, address));
        }

        page = await Site.SignInAsync();
        foreach (var address in (string[])[
            "/sessions", "/sessions?q=nothing-like-that", $"/sessions/{cancelled}", $"/sessions/{cancelled}?tab=history", $"/sessions/{cancelled}?tab=details", "/search?id=1", $"/sessions/{open}"])
        {
            await page.VisitAsync(address);
            found.AddRange(await Axe.LookAtAsync(page, address));
        }

        await page.SetViewportSizeAsync(1280, 860);
        await page.Locator("#cancel-session").ClickAsync();
        await page.GetByLabel("Reason").WaitForAsync();
        found.AddRange(await Axe.LookAtAsync(page, "the dialog"));

        found.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task By_keyboard_alone_one_signs_in_finds_a_session_and_cancels_it()
    {
        var session = await Site.TriggerAsync("By keyboard");
        var page = await Site.OpenAsync();
        await page.GotoAsync("/");
        await Assertions.Expect(page.GetByLabel("API key")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(Site.ApiKey);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/sessions");
        await page.LiveAsync();
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync(session.ToString());
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync($"**/sessions/{session}");
        await Assertions.Expect(page.Locator("#cancel-session")).ToBeVisibleAsync();

        for (var tabs = 0; tabs < 40 && !await IsFocusedAsync("#cancel-session"); tabs++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByLabel("Reason")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("no mouse");
        for (var tabs = 0; tabs < 10 && !await IsFocusedAsync("#cancel-confirm"); tabs++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        (await IsFocusedAsync("#cancel-confirm")).ShouldBeTrue();
        await page.Locator("#cancel-confirm").PressAsync("Enter");

        await Assertions.Expect(page.Locator(".session-head [data-tone=cancelled]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("blockquote")).ToHaveTextAsync("no mouse");

        Task<bool> IsFocusedAsync(string selector) => page.EvaluateAsync<bool>($"document.activeElement?.matches('{selector}') ?? false");
    }

    [BrowserFact]
    public async Task At_360_pixels_nothing_is_out_of_reach()
    {
        var session = await Site.TriggerAsync(new string('W', 200), location: new string('l', 120), runs: 2, metadata: new { branchName = new string('b', 200), commitId = new string('c', 64) });
        var page = await Site.SignInAsync(width: 360);
        foreach (var address in (string[])["/sessions", $"/sessions/{session}", $"/sessions/{session}?tab=history", $"/sessions/{session}?tab=details"])
        {
            await page.VisitAsync(address);
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(360, address);
        }

        await page.GetByLabel("Menu", new() { Exact = true }).ClickAsync();
        (await page.Locator("#nav").EvaluateAsync<string>("nav => getComputedStyle(nav).backgroundColor")).ShouldNotBe("rgba(0, 0, 0, 0)");
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Pages", Exact = true }).GetByRole(AriaRole.Link, new() { Name = "Sessions" }).ClickAsync();
        await page.WaitForURLAsync("**/sessions");
    }

    [BrowserFact]
    public async Task The_theme_is_the_system_s_until_one_chooses_and_the_choice_stays()
    {
        var page = await Site.SignInAsync(theme: ColorScheme.Dark);
        (await page.EvaluateAsync<string>("document.documentElement.dataset.theme")).ShouldBe("dark");

        await page.GetByLabel("Who is signed in").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Light" }).ClickAsync();
        await page.VisitAsync("/sessions");

        (await page.EvaluateAsync<string>("document.documentElement.dataset.theme")).ShouldBe("light");
    }
}
