using System.Net;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>Who gets in, how far, and for how long.</summary>
public sealed class Signing_in(Site site) : IClassFixture<Site>
{
    [BrowserFact]
    public async Task A_wrong_key_is_told_and_the_right_one_leads_to_where_one_wanted_to_go()
    {
        var session = await site.TriggerAsync("Wanted");
        var page = await site.OpenAsync();
        await page.GotoAsync($"/sessions/{session}");
        await page.GetByLabel("API key").FillAsync("ldg_wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("unknown, expired or revoked");
        await Assertions.Expect(page.GetByLabel("API key")).ToHaveValueAsync("");
        (await page.ContentAsync()).ShouldNotContain("ldg_wrong");

        await page.GetByLabel("API key").FillAsync(site.ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

        await page.WaitForURLAsync($"**/sessions/{session}");
        var cookie = (await page.Context.CookiesAsync()).Single(one => one.Name == "ledger-session");
        (cookie.HttpOnly, cookie.SameSite).ShouldBe((true, SameSiteAttribute.Strict));
        (await page.ContentAsync()).ShouldNotContain(site.ApiKey);
        (await page.EvaluateAsync<string>("JSON.stringify(localStorage)")).ShouldNotContain(site.ApiKey);
    }

    [BrowserFact]
    public async Task Signing_out_ends_the_session_and_going_back_shows_nothing()
    {
        var page = await site.SignInAsync();
        var cookies = await page.Context.CookiesAsync();
        var other = await page.Context.NewPageAsync();
        await other.VisitAsync("/sessions");

        await page.GetByLabel("Who is signed in").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await page.WaitForURLAsync("**/sign-in");
        await other.WaitForURLAsync("**/sign-in**");
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Host.Address, "/sessions"));
        request.Headers.Add("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Name}={cookie.Value}")));
        using var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [BrowserFact]
    public async Task A_key_that_is_revoked_ends_the_open_page_and_a_cancel_of_it()
    {
        var (id, key) = await site.MakeKeyAsync("short-lived", null, "read", "command");
        var page = await site.SignInAsync(key);
        await page.VisitAsync("/sessions");

        using var revoked = await site.Host.Client.DeleteAsync($"/ledger/keys/{id}");
        revoked.EnsureSuccessStatusCode();

        await page.WaitForURLAsync("**/sign-in**");
        await page.GotoAsync("/sessions");
        page.Url.ShouldContain("/sign-in");
    }

    [BrowserFact]
    public async Task A_key_that_may_not_read_is_told_what_it_lacks()
    {
        var (_, key) = await site.MakeKeyAsync("runner", null, "runner");
        var page = await site.OpenAsync();
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
            var page = await site.OpenAsync();
            await page.GotoAsync($"/sign-in?returnUrl={Uri.EscapeDataString(address)}");
            await page.GetByLabel("API key").FillAsync(site.ApiKey);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

            await page.WaitForURLAsync(new Uri(site.Host.Address, "/sessions").ToString());
            await page.Context.CloseAsync();
        }
    }

    [BrowserFact]
    public async Task Pages_load_nothing_from_elsewhere_and_the_browser_has_nothing_to_complain_of()
    {
        var complaints = new List<string>();
        var page = await site.OpenAsync();
        page.Console += (_, said) =>
        {
            if (said.Type is "error" or "warning")
            {
                complaints.Add(said.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(site.Host.Address.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                complaints.Add(request.Url);
            }
        };
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(site.ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/sessions");
        await page.LiveAsync();

        complaints.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task Pages_are_protected_by_their_headers_and_programs_are_answered_as_before()
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = site.Host.Address };
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
        using var unsigned = await client.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["_handler"] = "key", ["Key"] = site.ApiKey }));
        unsigned.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        unsigned.Headers.TryGetValues("Set-Cookie", out var set);
        (set ?? []).ShouldNotContain(cookie => cookie.StartsWith("ledger-session", StringComparison.Ordinal));
    }
}

/// <summary>On a host of its own: its attempts count for everybody at one address.</summary>
public sealed class Trying_out_keys(Site site) : IClassFixture<Site>
{
    [BrowserFact]
    public async Task After_thirty_attempts_in_a_minute_no_further_one_is_looked_at()
    {
        var page = await site.OpenAsync();
        await page.GotoAsync("/sign-in");
        for (var attempt = 0; attempt < 31; attempt++)
        {
            await page.GetByLabel("API key").FillAsync($"ldg_{attempt}");
            await page.RunAndWaitForResponseAsync(
                () => page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync(), answer => answer.Request.Method == "POST");
        }

        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Too many attempts");
        await page.GetByLabel("API key").FillAsync(site.ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Too many attempts");
    }
}
