using Ledger.EndToEnd.Processes;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>With a real identity provider: the audit says who, and not which key.</summary>
public sealed class Signing_in_as_a_person(Site site) : IClassFixture<Site>
{
    [BrowserFact]
    public async Task A_person_signs_in_with_a_provider_and_the_audit_names_them()
    {
        await using var provider = await IdentityProvider.StartAsync();
        provider.Claims["ledger_account"] = site.Host.Place.AccountId.ToString();
        provider.Claims["ledger_scopes"] = "read command";
        var host = await StartHostAsync(provider);
        var session = await site.TriggerAsync("Cancelled by a person");
        var page = await site.OpenAsync(host: host);
        await page.GotoAsync($"/sessions/{session}");

        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Example ID" }).ClickAsync();
        await page.WaitForURLAsync($"**/sessions/{session}");
        await page.LiveAsync();
        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync("by hand");

        await Assertions.Expect(page.Locator(".ask")).ToContainTextAsync("Grace Hopper");
        provider.HasSeenChallenge.ShouldBeTrue();
        var cancel = (await site.Host.GetAsync($"/ledger/sessions/{session}")).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("via").GetString().ShouldBe("ui");
        cancel.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("user");
        cancel.GetProperty("actor").GetProperty("id").GetString().ShouldBe("grace");
        cancel.GetProperty("actor").GetProperty("name").GetString().ShouldBe("Grace Hopper");
    }

    [BrowserFact]
    public async Task Somebody_of_whom_the_provider_says_too_little_is_not_let_in_and_told_what_is_missing()
    {
        await using var provider = await IdentityProvider.StartAsync();
        var host = await StartHostAsync(provider);
        var page = await site.OpenAsync(host: host);
        await page.GotoAsync("/");

        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Example ID" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("ledger_account");

        provider.Claims["ledger_account"] = Guid.NewGuid().ToString();
        provider.Claims["ledger_scopes"] = "read";
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Example ID" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("an account that is not here");
    }

    private Task<LedgerProcess> StartHostAsync(IdentityProvider provider) => site.StartHostAsync(
        null,
        $"--Ledger:Oidc:Authority={provider.Address}",
        $"--Ledger:Oidc:ClientId={IdentityProvider.ClientId}",
        $"--Ledger:Oidc:ClientSecret={IdentityProvider.ClientSecret}",
        "--Ledger:Oidc:Name=Example ID");
}
