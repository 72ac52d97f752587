using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests;

/// <summary>What the page is for: see it running, stop it, and see that it is over; with a real runner and real processes.</summary>
[Collection(SharedSite.Name)]
public sealed class Cancelling_from_pages(Site site) : SiteTests(site)
{
    private readonly string marker = $"marker-{Guid.NewGuid():N}";

    [BrowserFact]
    public async Task A_session_that_runs_is_cancelled_from_its_header_and_its_processes_are_gone_and_the_audit_names_who()
    {
        var (_, key) = await Site.MakeKeyAsync("ada's key", "Ada Lovelace", "read", "command");
        Site.StartRunner(marker);
        var session = await Site.TriggerAsync("From the header", marker, runs: 2, marker: marker);
        var page = await Site.SignInAsync(key);
        await page.GetByRole(AriaRole.Link, new() { Name = "From the header" }).ClickAsync();
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=running]")).ToHaveCountAsync(2);
        await Eventually.Become(() => ProcessTable.Mentioning(marker).Any(process => process.Contains("sleep 600", StringComparison.Ordinal)));

        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync("wrong branch");

        await Assertions.Expect(page.Locator(".session-head [data-tone=cancelled]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=cancelled]")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByText("Proven: the runner looked")).ToHaveCountAsync(2);
        await Assertions.Expect(page.Locator(".five li.there")).ToHaveCountAsync(10);
        await Assertions.Expect(page.GetByText("wrong branch")).ToBeVisibleAsync();
        await Eventually.Become(() => !ProcessTable.Mentioning(marker).Any(process => process.Contains("sleep 600", StringComparison.Ordinal)));
        var cancel = (await Site.Host.GetAsync($"/ledger/sessions/{session}")).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("user");
        cancel.GetProperty("actor").GetProperty("name").GetString().ShouldBe("Ada Lovelace");
        cancel.GetProperty("via").GetString().ShouldBe("ui");
        var audit = await Eventually.Become(() => Site.Host.GetAsync("/ledger/audit/cancels?via=ui"), all => Mentions(all, session));
        audit.GetProperty("entries")[0].GetProperty("reason").GetString().ShouldBe("wrong branch");
    }

    [BrowserFact]
    public async Task One_run_is_cancelled_by_its_own_row_and_the_other_goes_on()
    {
        Site.StartRunner(marker);
        var session = await Site.TriggerAsync("By a row", marker, runs: 2, marker: marker);
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions/{session}");
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=running]")).ToHaveCountAsync(2);

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel By a row 2 at" }).ClickAsync();
        await page.ConfirmAsync();

        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=cancelled]")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=running]")).ToHaveCountAsync(1);
        var runs = (await Site.Host.GetAsync($"/ledger/sessions/{session}")).GetProperty("runs");
        runs[0].GetProperty("state").GetString().ShouldBe("running");
        runs[1].GetProperty("state").GetString().ShouldBe("cancelled");
    }

    [BrowserFact]
    public async Task Three_are_cancelled_from_the_list_and_the_one_that_is_not_eligible_stays_selected()
    {
        Guid[] open = [await Site.TriggerAsync($"Bulk one {marker}"), await Site.TriggerAsync($"Bulk two {marker}"), await Site.TriggerAsync($"Bulk three {marker}")];
        var api = await Site.TriggerAsync($"Bulk api {marker}", checkType: "API");
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions?q={marker}");
        await Assertions.Expect(page.Locator("tr[data-session]")).ToHaveCountAsync(4);
        await page.GetByLabel("Select all on this page").CheckAsync();

        await page.Locator("#cancel-selected").ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog.GetByRole(AriaRole.Heading, new() { Name = "Cancel 3 of 4 sessions?" })).ToBeVisibleAsync();
        await Assertions.Expect(dialog.Locator("[data-eligible=no]")).ToContainTextAsync("not cancellable");
        await page.ConfirmAsync("the environment is down");

        await Assertions.Expect(page.Locator("[data-outcome=cancelled]")).ToHaveCountAsync(3);
        await Assertions.Expect(page.Locator("[data-outcome=left]")).ToContainTextAsync("Bulk api");
        await Assertions.Expect(page.Locator("tr[data-session] [data-tone=cancelled]")).ToHaveCountAsync(3);
        await Assertions.Expect(page.GetByText("1 selected")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator($"tr.picked[data-session='{api}']")).ToBeVisibleAsync();
        foreach (var id in open)
        {
            (await Site.Host.GetAsync($"/ledger/sessions/{id}")).GetProperty("status").GetString().ShouldBe("CANCELLED");
        }
    }

    [BrowserFact]
    public async Task What_never_began_is_shown_as_not_run_and_never_as_waiting()
    {
        var session = await Site.TriggerAsync("Never began", runs: 3);
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions/{session}");

        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync();

        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=not-run]")).ToHaveCountAsync(3);
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=queued]")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator("#cancel-session")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_cancel_that_is_under_way_can_be_forced_as_a_second_step()
    {
        var session = await Site.TriggerAsync("To force", marker);
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions/{session}");
        // From here on time counts: nobody renews the lease, and nobody acknowledges the cancel.
        var claimed = await Site.Host.PostAsync($"/ledger/runners/r-{marker}/claims", new { locations = new[] { marker }, checkTypes = new[] { "PLAYWRIGHT" }, waitSeconds = 10 });
        claimed.GetProperty("runs").GetArrayLength().ShouldBe(1);
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=claimed]")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#force-session")).ToHaveCountAsync(0);
        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync("first");

        await page.Locator("#force-session").ClickAsync();
        await page.ConfirmAsync();

        await Assertions.Expect(page.Locator(".ask")).ToContainTextAsync("by force");
        var cancel = (await Site.Host.GetAsync($"/ledger/sessions/{session}")).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("forced").GetBoolean().ShouldBeTrue();
        cancel.GetProperty("reason").GetString().ShouldBe("first");
    }

    [BrowserFact]
    public async Task The_list_shows_what_happens_elsewhere_without_being_loaded_again()
    {
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions?q={marker}");
        await Assertions.Expect(page.GetByText("No session is like that")).ToBeVisibleAsync();

        var session = await Site.TriggerAsync($"Elsewhere {marker}");
        await Assertions.Expect(page.Locator($"tr[data-session='{session}'] [data-tone=queued]")).ToBeVisibleAsync();
        await Site.Host.PostAsync($"/ledger/sessions/{session}/cancel", new { reason = "from a script" });

        var row = page.Locator($"tr[data-session='{session}']");
        await Assertions.Expect(row.Locator("[data-tone=cancelled]")).ToBeVisibleAsync();
        await Assertions.Expect(row).ToContainTextAsync("from a script");
    }

    [BrowserFact]
    public async Task Who_may_only_read_is_offered_nothing_to_cancel()
    {
        var (_, key) = await Site.MakeKeyAsync("reader", null, "read");
        var session = await Site.TriggerAsync($"Only read {marker}");
        var page = await Site.SignInAsync(key);
        await page.VisitAsync($"/sessions?q={marker}");
        await Assertions.Expect(page.Locator("tr[data-session]")).ToHaveCountAsync(1);

        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Cancel") })).ToHaveCountAsync(0);
        await page.VisitAsync($"/sessions/{session}");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Cancel") })).ToHaveCountAsync(0);
    }

    private static bool Mentions(JsonElement list, Guid session) =>
        list.GetProperty("entries").EnumerateArray().Any(entry => entry.GetProperty("sessionId").GetGuid() == session);
}
