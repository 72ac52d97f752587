using System.Net;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>Who gets in, how far, and for how long.</summary>
[Collection(SharedSite.Name)]
public sealed class Signing_in(Site site) : SiteTests(site)
{
    [BrowserFact]
    public async Task A_wrong_key_is_told_and_the_right_one_leads_to_where_one_wanted_to_go()
    {
        var session = await Site.TriggerAsync("Wanted");
        var page = await Site.OpenAsync();
        await page.GotoAsync($"/sessions/{session}");
        await page.GetByLabel("API key").FillAsync("ldg_wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("unknown, expired or revoked");
        await Assertions.Expect(page.GetByLabel("API key")).ToHaveValueAsync("");
        (await page.ContentAsync()).ShouldNotContain("ldg_wrong");

        await page.GetByLabel("API key").FillAsync(Site.ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

        await page.WaitForURLAsync($"**/sessions/{session}");
        var cookie = (await page.Context.CookiesAsync()).Single(one => one.Name == "ledger-session");
        (cookie.HttpOnly, cookie.SameSite).ShouldBe((true, SameSiteAttribute.Strict));
        (await page.ContentAsync()).ShouldNotContain(Site.ApiKey);
        (await page.EvaluateAsync<string>("JSON.stringify(localStorage)")).ShouldNotContain(Site.ApiKey);
    }

    [BrowserFact]
    public async Task Signing_out_ends_the_session_and_going_back_shows_nothing()
    {
        var page = await Site.SignInAsync();
        var cookies = await page.Context.CookiesAsync();
        var other = await page.Context.NewPageAsync();
        await other.VisitAsync("/sessions");

        await page.GetByLabel("Who is signed in").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await page.WaitForURLAsync("**/sign-in");
        await other.WaitForURLAsync("**/sign-in**");
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Site.Host.Address, "/sessions"));
        request.Headers.Add("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Name}={cookie.Value}")));
        using var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [BrowserFact]
    public async Task A_key_that_is_revoked_ends_the_open_page_and_a_cancel_of_it()
    {
        var (id, key) = await Site.MakeKeyAsync("short-lived", null, "read", "command");
        var page = await Site.SignInAsync(key);
        await page.VisitAsync("/sessions");

        using var revoked = await Site.Host.Client.DeleteAsync($"/ledger/keys/{id}");
        revoked.EnsureSuccessStatusCode();

        await page.WaitForURLAsync("**/sign-in**");
        await page.GotoAsync("/sessions");
        page.Url.ShouldContain("/sign-in");
    }

    [BrowserFact]
    public async Task A_key_that_may_not_read_is_told_what_it_lacks()
    {
        var (_, key) = await Site.MakeKeyAsync("runner", null, "runner");
        var page = await Site.OpenAsync();
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You may not see this" })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task An_address_elsewhere_is_never_where_one_is_sent()
    {
        foreach (var address in (string[])["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
        {
            var page = await Site.OpenAsync();
            await page.GotoAsync($"/sign-in?returnUrl={Uri.EscapeDataString(address)}");
            await page.GetByLabel("API key").FillAsync(Site.ApiKey);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

            await page.WaitForURLAsync(new Uri(Site.Host.Address, "/sessions").ToString());
            await page.Context.CloseAsync();
        }
    }

    [BrowserFact]
    public async Task Pages_load_nothing_from_elsewhere_and_the_browser_has_nothing_to_complain_of()
    {
        var complaints = new List<string>();
        var page = await Site.OpenAsync();
        page.Console += (_, said) =>
        {
            if (said.Type is "error" or "warning")
            {
                complaints.Add(said.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(Site.Host.Address.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                complaints.Add(request.Url);
            }
        };
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(Site.ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/sessions");
        await page.LiveAsync();

        complaints.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task Pages_are_protected_by_their_headers_and_programs_are_answered_as_before()
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Site.Host.Address };
        using var program = await client.GetAsync("/");
        program.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        program.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");

        client.DefaultRequestHeaders.Add("Accept", "text/html");
        using var first = await client.GetAsync("/");
        first.Headers.Location!.ToString().ShouldBe("/sessions");
        using var page = await client.GetAsync("/sign-in");
        var policy = page.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
        policy.ShouldContain("script-src 'self';");
        policy.ShouldContain("frame-ancestors 'none'");
        page.Headers.GetValues("X-Content-Type-Options").ShouldHaveSingleItem().ShouldBe("nosniff");
        (await page.Content.ReadAsStringAsync()).ShouldNotContain("<script>");
        using var nowhere = await client.GetAsync("/nowhere");
        nowhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await nowhere.Content.ReadAsStringAsync()).ShouldContain("There is no such page");
        using var forged = await client.PostAsync("/sign-out", null);
        forged.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var unsigned = await client.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["_handler"] = "key", ["Key"] = Site.ApiKey }));
        unsigned.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        unsigned.Headers.TryGetValues("Set-Cookie", out var set);
        (set ?? []).ShouldNotContain(cookie => cookie.StartsWith("ledger-session", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task After_thirty_attempts_in_a_minute_no_further_one_from_that_address_is_looked_at()
    {
        // Attempts count for everybody at one address, and every other page has an address of its own.
        var (other, _) = await Site.OtherAsync();
        var page = await Site.OpenAsync(host: other, from: "203.0.113.7");
        await page.GotoAsync("/sign-in");
        var answers = await page.EvaluateAsync<int[]>("""
            async () => {
                const statuses = [];
                for (let attempt = 0; attempt < 31; attempt++) {
                    const form = new FormData(document.querySelector('form'));
                    form.set('Key', `ldg_${attempt}`);
                    statuses.push((await fetch(location.href, { method: 'POST', body: new URLSearchParams(form) })).status);
                }
                return statuses;
            }
            """);
        answers.ShouldBe([.. Enumerable.Repeat(401, 30), 429]);

        await page.GetByLabel("API key").FillAsync(Site.ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Too many attempts");
        (await Site.SignInAsync(host: other)).Url.ShouldEndWith("/sessions");
    }
}
