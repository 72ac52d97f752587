using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests.Support;

/// <summary>
/// A genuine host on a database of its own, a second one and runners where tests want them: what they look at in a browser. Most tests share one
/// (<see cref="SharedSite"/>): each has sessions of its own there, and what it opened is over with it.
/// </summary>
public sealed class Site : IAsyncLifetime
{
    // Sign-ins are limited by address: hosts believe what a proxy says of it, and each page has another one.
    private static readonly Dictionary<string, string> BehindProxy = new(StringComparer.Ordinal) { ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true" };

    private readonly TestDatabase database = new();
    private readonly List<LedgerProcess> hosts = [];
    private readonly List<LedgerPlace> places = [];
    private readonly List<RunnerProcess> runners = [];
    private readonly List<IBrowserContext> contexts = [];
    private (LedgerProcess Host, IdentityProvider Provider)? other;
    private int opened;

    internal LedgerProcess Host { get; private set; } = null!;

    internal string ApiKey => Host.Place.ApiKey;

    internal string ConnectionString => database.ConnectionString;

    public async Task InitializeAsync()
    {
        if (InstalledChromium.Path is not null)
        {
            Host = await StartHostAsync(new LedgerPlace { ConnectionString = database.ConnectionString, Environment = BehindProxy });
        }
    }

    public async Task DisposeAsync()
    {
        await EndTestAsync();
        foreach (var host in Enumerable.Reverse(hosts))
        {
            await host.DisposeAsync();
        }

        if (other is { Provider: { } provider })
        {
            await provider.DisposeAsync();
        }

        foreach (var place in places)
        {
            place.Dispose();
        }

        database.Dispose();
    }

    /// <summary>Closes what a test has opened, and ends its runners with all that they run.</summary>
    internal async Task EndTestAsync()
    {
        foreach (var context in contexts)
        {
            await context.CloseAsync();
        }

        contexts.Clear();
        foreach (var runner in runners)
        {
            await runner.KillAsync(); // What it runs ends with it: its supervisors notice.
            await runner.DisposeAsync();
        }

        runners.Clear();
    }

    /// <summary>
    /// The second host of the same database, with whom people sign in. It remembers next to nothing, and is given an account of its own, in which
    /// nothing has happened yet.
    /// </summary>
    internal async Task<(LedgerProcess Host, IdentityProvider Provider)> OtherAsync()
    {
        if (other is null)
        {
            var provider = await IdentityProvider.StartAsync();
            var host = await StartHostAsync(new LedgerPlace
            {
                ConnectionString = database.ConnectionString,
                Environment = BehindProxy,
                Arguments =
                [
                    "--Ledger:Cache:Megabytes=1",
                    $"--Ledger:Oidc:Authority={provider.Address}",
                    $"--Ledger:Oidc:ClientId={IdentityProvider.ClientId}",
                    $"--Ledger:Oidc:ClientSecret={IdentityProvider.ClientSecret}",
                    "--Ledger:Oidc:Name=Example ID",
                ],
            });
            other = (host, provider);
        }

        return other.Value;
    }

    /// <summary>Starts a host that was killed again, at its address.</summary>
    internal Task<LedgerProcess> StartAgainAsync(LedgerProcess killed) => StartHostAsync(killed.Place, killed.Address);

    /// <summary>A runner at a location, until the test is over.</summary>
    internal RunnerProcess StartRunner(string location, LedgerProcess? host = null, string? key = null)
    {
        var folder = new LedgerPlace();
        places.Add(folder);
        var runner = RunnerProcess.Start(host ?? Host, key ?? ApiKey, location, folder.Directory);
        runners.Add(runner);
        return runner;
    }

    /// <summary>Triggers a session of runs that go on until they are stopped; their processes mention the marker.</summary>
    internal async Task<Guid> TriggerAsync(
        string name, string location = "nowhere", int runs = 1, string checkType = "PLAYWRIGHT", string? marker = null, object? metadata = null, LedgerProcess? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri((host ?? Host).Address, "/ledger/sessions"))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", ApiKey) },
            Content = JsonContent.Create(new
            {
                kind = "test",
                name,
                metadata,
                runs = Enumerable.Range(1, runs).Select(nth => new
                {
                    checkType,
                    name = runs == 1 ? name : $"{name} {nth}",
                    location,
                    spec = runs > 1_000 ? null : new { command = (string[])["sh", "-c", $"echo {marker}; sleep 600; true"] },
                }),
            }),
        };
        using var answer = await Host.Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetGuid();
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

    /// <summary>A page of a browser that knows nothing yet; it is open until the test is over.</summary>
    /// <param name="theme">What the system is set to.</param>
    /// <param name="width">How wide it is, in pixels.</param>
    /// <param name="host">Whose page.</param>
    /// <param name="from">The address that the proxy says it comes from; one of its own when null.</param>
    internal async Task<IPage> OpenAsync(ColorScheme theme = ColorScheme.Light, int width = 1280, LedgerProcess? host = null, string? from = null)
    {
        var browser = await Chromium.GetAsync();
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = (host ?? Host).Address.ToString(),
            ColorScheme = theme,
            ViewportSize = new ViewportSize { Width = width, Height = 860 },
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
            ExtraHTTPHeaders = [new("X-Forwarded-For", from ?? $"198.51.100.{++opened % 256}")],
        });
        context.SetDefaultTimeout(60_000); // Only what fails waits so long.
        contexts.Add(context);
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

    private async Task<LedgerProcess> StartHostAsync(LedgerPlace place, Uri? address = null)
    {
        if (!places.Contains(place))
        {
            places.Add(place);
        }

        var host = await LedgerProcess.StartAsync(place, address: address);
        hosts.Add(host);
        return host;
    }
}

/// <summary>The site that tests share which leave it as they found it.</summary>
[CollectionDefinition(Name)]
public sealed class SharedSite : ICollectionFixture<Site>
{
    public const string Name = "the shared site";
}

/// <summary>Tests that look at a site; what each opened and started there ends with it.</summary>
public abstract class SiteTests(Site site) : IAsyncLifetime
{
    protected Site Site => site;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => site.EndTestAsync();
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
