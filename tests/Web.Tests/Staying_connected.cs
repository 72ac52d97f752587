using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Ledger.Web.Tests.Support;
using Microsoft.Playwright;
using Npgsql;

namespace Ledger.Web.Tests;

/// <summary>Several hosts, and hosts that go and come.</summary>
[Collection(SharedSite.Name)]
public sealed class Staying_connected(Site site) : SiteTests(site)
{
    private readonly string marker = $"marker-{Guid.NewGuid():N}";

    [BrowserFact]
    public async Task With_two_hosts_the_page_is_on_one_and_the_runner_on_the_other_and_both_know()
    {
        var (other, _) = await Site.OtherAsync();
        Site.StartRunner(marker, other);
        var page = await Site.SignInAsync();
        var session = await Site.TriggerAsync("On two hosts", marker, marker: marker);
        await page.VisitAsync($"/sessions/{session}");
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=running]")).ToBeVisibleAsync();
        await Eventually.Become(() => ProcessTable.Mentioning(marker).Any(process => process.Contains("sleep 600", StringComparison.Ordinal)));

        await page.Locator("#cancel-session").ClickAsync();
        await page.ConfirmAsync("on the other host");

        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=cancelled]")).ToBeVisibleAsync();
        await Eventually.Become(() => !ProcessTable.Mentioning(marker).Any(process => process.Contains("sleep 600", StringComparison.Ordinal)));
    }

    [BrowserFact]
    public async Task A_page_that_was_drawn_before_its_session_was_read_is_live_nevertheless()
    {
        // No cache holds the session, and nobody reads its events while they are locked.
        var (other, _) = await Site.OtherAsync();
        var session = await Site.TriggerAsync("Read late", marker, runs: 5_000);
        var page = await Site.SignInAsync(host: other);
        var row = page.Locator($"tr[data-session='{session}']");
        await Assertions.Expect(row).ToBeVisibleAsync();
        await using (var connection = new NpgsqlConnection(Site.ConnectionString))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var lockEvents = new NpgsqlCommand("LOCK TABLE ledger.mt_events", connection, transaction);
            await lockEvents.ExecuteNonQueryAsync();
            await row.Locator("a").First.ClickAsync();
            await Assertions.Expect(page.GetByText("Reading…")).ToBeVisibleAsync();
        }

        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=queued]").First).ToBeVisibleAsync();

        await Site.Host.PostAsync($"/ledger/sessions/{session}/cancel", new { reason = "elsewhere" });

        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=not-run]").First).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task The_link_from_a_superseded_session_to_the_newer_one_leads_to_that_one_and_it_is_live()
    {
        async Task<Guid> TriggerAsync(string name) => (await Site.Host.PostAsync("/ledger/sessions", new
        {
            kind = "test",
            name,
            concurrencyGroup = marker,
            onConflict = "cancelPrevious",
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "a", location = "nowhere" } },
        })).GetProperty("sessionId").GetGuid();

        var older = await TriggerAsync("The older");
        var newer = await TriggerAsync("The newer");
        await Site.SessionAsync(older, session => session.GetProperty("status").GetString() == "CANCELLED");
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions/{older}");

        await page.GetByRole(AriaRole.Link, new() { Name = "the newer session" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "The newer", Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=queued]")).ToBeVisibleAsync();
        await Site.Host.PostAsync($"/ledger/sessions/{newer}/cancel", new { reason = "no more" });
        await Assertions.Expect(page.Locator("tr[data-run] [data-tone=not-run]")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_session_that_another_host_began_is_in_the_list_and_who_signed_in_there_is_signed_in_here()
    {
        var (other, _) = await Site.OtherAsync();
        var page = await Site.SignInAsync();
        await page.VisitAsync($"/sessions?q={marker}");
        await Site.TriggerAsync($"Begun there {marker}", host: other);
        await Assertions.Expect(page.Locator("tr[data-session]")).ToHaveCountAsync(1);

        var cookie = (await page.Context.CookiesAsync()).Single(one => one.Name == "ledger-session");
        var there = await Site.OpenAsync(host: other);
        await there.Context.AddCookiesAsync([new Cookie { Name = cookie.Name, Value = cookie.Value, Url = other.Address.ToString() }]);
        await there.VisitAsync("/sessions");

        await Assertions.Expect(there.GetByRole(AriaRole.Heading, new() { Name = "Sessions" })).ToBeVisibleAsync();
    }
}

/// <summary>On a host of its own, which ends.</summary>
public sealed class Coming_back(Site site) : IClassFixture<Site>
{
    [BrowserFact]
    public async Task A_host_that_is_started_again_is_told_as_away_and_then_the_page_is_live_again()
    {
        var page = await site.SignInAsync();
        await page.VisitAsync("/sessions");
        await site.Host.KillAsync();
        await Assertions.Expect(page.GetByText("The connection is away")).ToBeVisibleAsync();

        var again = await site.StartAgainAsync(site.Host);

        await Assertions.Expect(page.GetByText("The connection is away")).ToBeHiddenAsync();
        await page.LiveAsync();
        var made = await site.TriggerAsync("After the restart", host: again);

        // The list's model belonged to the host that was killed: another takes it over within 15 seconds.
        await Assertions.Expect(page.Locator($"tr[data-session='{made}']")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_page_that_is_opened_while_the_database_is_away_says_so_and_opens_by_itself_when_it_is_back()
    {
        var page = await site.SignInAsync();
        var database = new NpgsqlConnectionStringBuilder(site.ConnectionString);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(site.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync($"ALTER DATABASE {database.Database} WITH ALLOW_CONNECTIONS false");
        await ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.Database}'");

        await page.GotoAsync("/sessions");
        await Assertions.Expect(page.GetByText("The database cannot be reached")).ToBeVisibleAsync();
        await ExecuteAsync($"ALTER DATABASE {database.Database} WITH ALLOW_CONNECTIONS true");

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sessions" })).ToBeVisibleAsync();
        await page.LiveAsync();

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
