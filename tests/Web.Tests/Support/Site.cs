using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests.Support;

/// <summary>A genuine host on a database of its own, with a runner where a test wants one: what a test class looks at in a browser.</summary>
public sealed class Site : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private readonly List<IAsyncDisposable> started = [];
    private readonly List<LedgerPlace> places = [];

    internal LedgerProcess Host { get; private set; } = null!;

    internal string ApiKey => Host.Place.ApiKey;

    internal string ConnectionString => database.ConnectionString;

    public async Task InitializeAsync()
    {
        if (Chromium.Path is not null)
        {
            Host = await StartHostAsync();
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(started))
        {
            await one.DisposeAsync();
        }

        foreach (var place in places)
        {
            place.Dispose();
        }

        database.Dispose();
    }

    /// <summary>A further host on the same database, with the same account and key.</summary>
    internal async Task<LedgerProcess> StartHostAsync(Uri? address = null, params IReadOnlyList<string> arguments)
    {
        var first = places.FirstOrDefault();
        var place = first is null
            ? new LedgerPlace { ConnectionString = database.ConnectionString, Arguments = arguments }
            : new LedgerPlace { ConnectionString = database.ConnectionString, Arguments = arguments, AccountId = first.AccountId, ApiKey = first.ApiKey };
        places.Add(place);
        var host = await LedgerProcess.StartAsync(place, address: address);
        started.Add(host);
        return host;
    }

    /// <summary>A runner at a location; its folder is its own.</summary>
    internal RunnerProcess StartRunner(string location, LedgerProcess? host = null)
    {
        var folder = new LedgerPlace();
        places.Add(folder);
        var runner = RunnerProcess.Start(host ?? Host, ApiKey, location, folder.Directory);
        started.Add(runner);
        return runner;
    }

    /// <summary>Triggers a session of runs that go on until they are stopped; their processes mention the marker.</summary>
    internal async Task<Guid> TriggerAsync(
        string name, string location = "nowhere", int runs = 1, string checkType = "PLAYWRIGHT", string kind = "test", string? marker = null, object? metadata = null)
    {
        var answer = await Host.PostAsync("/ledger/sessions", new
        {
            kind,
            name,
            metadata,
            runs = Enumerable.Range(1, runs).Select(nth => new
            {
                checkType,
                name = runs == 1 ? name : $"{name} {nth}",
                location,
                spec = runs > 1_000 ? null : new { command = (string[])["sh", "-c", $"echo {marker}; sleep 600; true"] },
            }),
        });
        return answer.GetProperty("sessionId").GetGuid();
    }

    /// <summary>The session as the interface shows it, once it satisfies a condition.</summary>
    internal Task<JsonElement> SessionAsync(Guid id, Func<JsonElement, bool> condition) =>
        Eventually.Become(() => Host.GetAsync($"/ledger/sessions/{id}"), condition, TimeSpan.FromSeconds(60));

    /// <summary>A key with some scopes.</summary>
    internal async Task<(Guid Id, string Secret)> MakeKeyAsync(string name, string? owner = null, params string[] scopes)
    {
        var made = await Host.PostAsync("/ledger/keys", new { name, owner, scopes });
        return (made.GetProperty("keyId").GetGuid(), made.GetProperty("apiKey").GetString()!);
    }

    /// <summary>A page of a browser that knows nothing yet.</summary>
    internal async Task<IPage> OpenAsync(ColorScheme theme = ColorScheme.Light, int width = 1280, LedgerProcess? host = null)
    {
        var browser = await Chromium.GetAsync();
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = (host ?? Host).Address.ToString(),
            ColorScheme = theme,
            ViewportSize = new ViewportSize { Width = width, Height = 860 },
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
        });
        context.SetDefaultTimeout(60_000); // Only what fails waits so long.
        started.Add(new Closing(context));
        return await context.NewPageAsync();
    }

    /// <summary>The same, signed in.</summary>
    internal async Task<IPage> SignInAsync(string? key = null, ColorScheme theme = ColorScheme.Light, int width = 1280, LedgerProcess? host = null)
    {
        var page = await OpenAsync(theme, width, host);
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(key ?? ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/sessions");
        await page.LiveAsync();
        return page;
    }

    private sealed class Closing(IBrowserContext context) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await context.CloseAsync();
    }
}

/// <summary>What tests do with pages.</summary>
internal static class PageExtensions
{
    /// <summary>Waits until the page is live: until then its buttons do nothing.</summary>
    public static async Task LiveAsync(this IPage page) => await page.Locator("[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });

    /// <summary>Opens a page and waits until it is live.</summary>
    public static async Task VisitAsync(this IPage page, string address)
    {
        await page.GotoAsync(address);
        await page.LiveAsync();
    }

    /// <summary>Says yes to a cancel, with a reason.</summary>
    public static async Task ConfirmAsync(this IPage page, string? reason = null)
    {
        var dialog = page.GetByRole(AriaRole.Dialog);
        if (reason is not null)
        {
            await dialog.GetByLabel("Reason").FillAsync(reason);
        }

        await dialog.Locator("#cancel-confirm").ClickAsync();
    }
}
