using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>Text that comes from outside, ids, history, and the session as it was.</summary>
[Collection(SharedSite.Name)]
public sealed class Looking_at_a_session(Site site) : SiteTests(site)
{
    private const string Hostile = "<img src=x onerror=\"document.title='broken into'\"> & <b>bold</b>";
    private const string RightToLeft = "اختبار الدفع (نسخة 2)";

    [BrowserFact]
    public async Task What_comes_from_outside_is_text_wherever_it_stands()
    {
        var session = await Site.TriggerAsync(Hostile, metadata: new { branchName = Hostile, commitMessage = Hostile, commitId = Hostile });
        var page = await Site.SignInAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = Hostile })).ToBeVisibleAsync();
        await page.VisitAsync($"/sessions/{session}");
        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync(Hostile);
        await Assertions.Expect(page.Locator("blockquote")).ToHaveTextAsync(Hostile);
        await page.VisitAsync($"/sessions/{session}?tab=history");
        await page.Locator(".history summary").First.ClickAsync();
        await Assertions.Expect(page.Locator(".history pre").First).ToContainTextAsync("onerror");
        await page.VisitAsync("/sessions");

        (await page.Locator("img").CountAsync()).ShouldBe(0);
        (await page.TitleAsync()).ShouldNotContain("broken into");
    }

    [BrowserFact]
    public async Task Text_that_is_read_from_right_to_left_and_a_reason_of_2000_characters_stay_in_their_places()
    {
        var session = await Site.TriggerAsync(RightToLeft);
        var page = await Site.SignInAsync(width: 390);
        await page.VisitAsync($"/sessions/{session}");
        var reason = string.Concat(Enumerable.Repeat("warum? 原因 ", 200))[..2000];
        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync(reason);

        await Assertions.Expect(page.Locator("blockquote")).ToHaveTextAsync(reason.Trim());
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = RightToLeft })).ToHaveAttributeAsync("dir", "auto");
        foreach (var address in (string[])[$"/sessions/{session}", "/sessions"])
        {
            await page.VisitAsync(address);
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(390, address);
        }
    }

    [BrowserFact]
    public async Task A_session_is_found_by_any_id_of_it()
    {
        var session = await Site.TriggerAsync("To be found");
        var cancel = await Site.Host.PostAsync($"/ledger/sessions/{session}/cancel", new { reason = "x" });
        var view = await Site.Host.GetAsync($"/ledger/sessions/{session}");
        var page = await Site.SignInAsync();
        string[] ids =
        [
            session.ToString(), view.GetProperty("number").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture),
            view.GetProperty("runs")[0].GetProperty("sequenceId").GetString()!, cancel.GetProperty("cancelId").GetString()!,
        ];
        foreach (var id in ids)
        {
            await page.VisitAsync("/sessions");
            await page.Keyboard.PressAsync("/");
            await page.Keyboard.TypeAsync(id);
            await page.Keyboard.PressAsync("Enter");

            await page.WaitForURLAsync($"**/sessions/{session}");
        }

        await page.VisitAsync($"/search?id={Guid.NewGuid()}");
        await Assertions.Expect(page.GetByText("Nothing has this id")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task The_history_is_filtered_and_the_session_is_shown_as_it_was()
    {
        var session = await Site.TriggerAsync("With a past", runs: 2);
        await Site.Host.PostAsync($"/ledger/sessions/{session}/cancel", new { reason = "over" });
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions/{session}?tab=history");
        await Assertions.Expect(page.Locator(".history > li")).ToHaveCountAsync(4);

        await page.GetByLabel("Type of event").SelectOptionAsync("cancel_requested");
        await Assertions.Expect(page.Locator(".history > li")).ToHaveCountAsync(1);
        await page.GetByLabel("The session as it was").FillAsync("1");
        await Assertions.Expect(page.Locator(".session-head [data-tone=queued]")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Back to now" }).ClickAsync();

        await Assertions.Expect(page.Locator(".session-head [data-tone=cancelled]")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_session_of_10_000_runs_draws_only_what_is_in_sight()
    {
        var session = await Site.TriggerAsync("Large", runs: 10_000);
        var page = await Site.SignInAsync();

        await page.VisitAsync($"/sessions/{session}");

        await Assertions.Expect(page.Locator("tr[data-run]").First).ToBeVisibleAsync();
        (await page.Locator("tr[data-run]").CountAsync()).ShouldBeLessThan(200);
        await page.EvaluateAsync("scrollTo(0, document.body.scrollHeight)");
        await Assertions.Expect(page.GetByText("Large 10000", new() { Exact = true })).ToBeVisibleAsync();
        (await page.Locator("tr[data-run]").CountAsync()).ShouldBeLessThan(200);
    }
}
