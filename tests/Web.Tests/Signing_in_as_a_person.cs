using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>With a real identity provider: the audit says who, and not which key.</summary>
[Collection(SharedSite.Name)]
public sealed class Signing_in_as_a_person(Site site) : SiteTests(site)
{
    [BrowserFact]
    public async Task A_person_signs_in_with_a_provider_and_the_audit_names_them()
    {
        var (host, provider) = await Site.OtherAsync();
        provider.Says(("ledger_account", Site.Host.Place.AccountId.ToString()), ("ledger_scopes", "read command"));
        var session = await Site.TriggerAsync("Cancelled by a person");
        var page = await Site.OpenAsync(host: host);
        await page.GotoAsync($"/sessions/{session}");

        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Example ID" }).ClickAsync();
        await page.WaitForURLAsync($"**/sessions/{session}");
        await page.LiveAsync();
        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync("by hand");

        await Assertions.Expect(page.Locator(".ask")).ToContainTextAsync("Grace Hopper");
        provider.HasSeenChallenge.ShouldBeTrue();
        var cancel = (await Site.Host.GetAsync($"/ledger/sessions/{session}")).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("via").GetString().ShouldBe("ui");
        cancel.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("user");
        cancel.GetProperty("actor").GetProperty("id").GetString().ShouldBe("grace");
        cancel.GetProperty("actor").GetProperty("name").GetString().ShouldBe("Grace Hopper");
    }

    [BrowserFact]
    public async Task Somebody_of_whom_the_provider_says_too_little_is_not_let_in_and_told_what_is_missing()
    {
        var (host, provider) = await Site.OtherAsync();
        provider.Says();
        var page = await Site.OpenAsync(host: host);
        await page.GotoAsync("/");

        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Example ID" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("ledger_account");

        provider.Says(("ledger_account", Guid.NewGuid().ToString()), ("ledger_scopes", "read"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Example ID" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("an account that is not here");
    }
}
