using System.Text.Json;
using System.Text.RegularExpressions;
using Ledger.Support;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>The pages beside the sessions: cancellations, checks, alerts, runners, settings.</summary>
[Collection(SharedSite.Name)]
public sealed class Looking_at_figures(Site site) : SiteTests(site)
{
    [BrowserFact]
    public async Task Axe_finds_nothing_on_these_pages_in_either_theme_and_nothing_is_out_of_reach()
    {
        var check = await RegisterAsync("Checkout");
        var cancelled = await Site.TriggerAsync("Cancelled", runs: 2);
        await Site.Host.PostAsync($"/ledger/sessions/{cancelled}/cancel", new { reason = "for the axe" });
        var page = await Site.SignInAsync();
        var found = new List<string>();
        foreach (var address in (string[])["/cancellations", "/checks", $"/checks/{check}", "/alerts", "/runners", "/settings/keys", "/settings/webhooks", "/settings/projections"])
        {
            await page.VisitAsync(address);
            found.AddRange(await Axe.LookAtAsync(page, address));
        }

        found.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task A_key_is_made_its_secret_is_shown_once_and_it_is_revoked()
    {
        var page = await Site.SignInAsync();
        await page.VisitAsync("/settings/keys");
        await page.GetByText("Make a key").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("from the page");
        await page.GetByLabel("Owner").FillAsync("Ada Lovelace");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();

        var secret = await page.Locator(".notice.good code").InnerTextAsync();
        secret.ShouldStartWith("ldg_");
        using var client = new HttpClient { BaseAddress = Site.Host.Address, DefaultRequestHeaders = { Authorization = new("Bearer", secret) } };
        (await client.GetAsync("/ledger/sessions")).IsSuccessStatusCode.ShouldBeTrue();
        await page.VisitAsync("/settings/keys");
        (await page.ContentAsync()).ShouldNotContain(secret);

        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke from the page" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke for good" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "from the page" })).ToHaveCountAsync(0);
        ((int)(await client.GetAsync("/ledger/sessions")).StatusCode).ShouldBe(401);
    }

    [BrowserFact]
    public async Task Nobody_is_offered_or_given_what_they_may_not_do()
    {
        await RegisterAsync("Not for readers");
        var (_, key) = await Site.MakeKeyAsync("reader", null, "read");
        var page = await Site.SignInAsync(key);

        await page.VisitAsync("/checks");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Not for readers" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run Not for readers" })).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Settings" })).ToHaveCountAsync(0);
        await page.VisitAsync("/settings/keys");
        await Assertions.Expect(page.GetByText("You may not see this")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_check_is_started_from_its_page_and_leads_to_the_session()
    {
        var check = await RegisterAsync("Start me");
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/checks/{check}");

        await page.GetByRole(AriaRole.Button, new() { Name = "Schedule now: Start me" }).ClickAsync();

        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/sessions/"));
        var session = await Site.Host.GetAsync($"/ledger{new Uri(page.Url).AbsolutePath}");
        session.GetProperty("source").GetString().ShouldBe("SCHEDULE_NOW");
        session.GetProperty("runs").GetArrayLength().ShouldBe(2);
    }

    [BrowserFact]
    public async Task A_projection_is_rebuilt_and_its_end_is_seen()
    {
        await Site.TriggerAsync("Something to rebuild");
        var page = await Site.SignInAsync();
        await page.VisitAsync("/settings/projections");

        await page.GetByRole(AriaRole.Button, new() { Name = "Rebuild session_list" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "session_list" })).ToContainTextAsync("Done, 0 differences");
    }

    [BrowserFact]
    public async Task A_test_that_a_webhook_is_sent_is_shown_with_its_attempt()
    {
        var page = await Site.SignInAsync();
        await page.VisitAsync("/settings/webhooks");
        await page.GetByText("Make a webhook").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("nowhere");
        await page.GetByLabel("Address").FillAsync("https://nowhere.invalid/hook");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the webhook" }).ClickAsync();
        await Assertions.Expect(page.Locator(".notice.good code")).ToContainTextAsync("whsec_");

        await page.GetByRole(AriaRole.Button, new() { Name = "Send a test to nowhere" }).ClickAsync();
        await Assertions.Expect(page.GetByText(new Regex("open after [1-9][0-9]* attempt"))).ToBeVisibleAsync();
        await page.VisitAsync("/alerts");
        await page.Locator(".deliveries summary").First.ClickAsync();
        await Assertions.Expect(page.Locator(".deliveries td").First).ToHaveTextAsync("1");

        await page.VisitAsync("/settings/webhooks");
        await page.GetByRole(AriaRole.Button, new() { Name = "Disable nowhere" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Enable nowhere" })).ToBeVisibleAsync();
        (await Site.Host.GetAsync("/ledger/alert-channels/nowhere")).GetProperty("enabled").GetBoolean().ShouldBeFalse();
    }

    [BrowserFact]
    public async Task The_audit_is_filtered_and_kept_as_a_file()
    {
        var session = await Site.TriggerAsync("Kept as a file");
        await Site.Host.PostAsync($"/ledger/sessions/{session}/cancel", new { reason = "for the file" });
        var page = await Site.SignInAsync();
        await page.VisitAsync("/cancellations?actor=bootstrap&cause=user");
        await Eventually.Become(async () =>
        {
            await page.ReloadAsync();
            return await page.GetByText("for the file").CountAsync() > 0;
        });

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "NDJSON", Exact = true }).ClickAsync());

        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        lines.Select(line => JsonDocument.Parse(line).RootElement).ShouldContain(entry => entry.GetProperty("reason").GetString() == "for the file");
        download.SuggestedFilename.ShouldBe("cancels.ndjson");
        await page.VisitAsync("/cancellations?actor=nobody-like-that");
        await Assertions.Expect(page.GetByText("Nothing matches")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_runner_is_seen_with_what_it_holds()
    {
        var session = await Site.TriggerAsync("Held by a runner", "held");
        Site.StartRunner("held");
        var page = await Site.SignInAsync();
        await page.VisitAsync("/runners");

        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Held by a runner" })).ToBeVisibleAsync();
        var runner = page.GetByRole(AriaRole.Region, new() { Name = "runner-held" });
        await Assertions.Expect(runner.Locator(".chip.running").First).ToBeVisibleAsync();
        await Site.Host.PostAsync($"/ledger/sessions/{session}/cancel", new { });
        await Assertions.Expect(runner.GetByText("Holds nothing.")).ToBeVisibleAsync();
    }

    private async Task<Guid> RegisterAsync(string name)
    {
        var id = Guid.NewGuid();
        using var body = System.Net.Http.Json.JsonContent.Create(new
        {
            name,
            checkType = "PLAYWRIGHT",
            tags = new[] { "web" },
            locations = new[] { "nowhere", "elsewhere" },
            spec = new { command = new[] { "sleep", "60" } },
        });
        (await Site.Host.Client.PutAsync($"/ledger/checks/{id}", body)).IsSuccessStatusCode.ShouldBeTrue();
        return id;
    }
}
