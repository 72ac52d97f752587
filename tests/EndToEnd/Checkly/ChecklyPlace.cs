using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Checkly;

/// <summary>One ledger, a supplied runner in each of two places, and one installation of the CLI and of Playwright; each test has checks of its own.</summary>
public sealed class ChecklyPlace : IAsyncLifetime
{
    internal const string Location = "eu-central-1";
    internal const string OtherLocation = "us-east-1";

    /// <summary>One that the CLI knows and where no runner listens: what is triggered there stays queued.</summary>
    internal const string UnservedLocation = "ap-southeast-1";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly LedgerPlace place = new();
    private RunnerProcess runner = null!;
    private RunnerProcess other = null!;

    internal LedgerProcess Ledger { get; private set; } = null!;

    internal ChecklyProject Project { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var installing = ChecklyProject.InstallAsync();
        Ledger = await LedgerProcess.StartAsync(place);
        runner = RunnerProcess.Start(Ledger, Location, place.Directory);
        other = RunnerProcess.Start(Ledger, OtherLocation, place.Directory);
        Project = await installing;
    }

    public async Task DisposeAsync()
    {
        await runner.DisposeAsync();
        await other.DisposeAsync();
        await Ledger.DisposeAsync();
        Project.Dispose();
        place.Dispose();
    }

    internal Task<Guid> RegisterPlaywrightAsync(string name) => RegisterAsync(name, "PLAYWRIGHT", Project.PlaywrightSpec());

    internal Task<Guid> RegisterApiAsync(string name) => RegisterAsync(name, "API", new
    {
        apiRequest = new
        {
            method = "GET",
            url = new Uri(Ledger.Address, "health/live"),
            assertions = new[] { new { source = "STATUS_CODE", comparison = "EQUALS", target = "200" } },
        },
    });

    internal async Task<Guid> RegisterAsync(string name, string checkType, object spec)
    {
        var checkId = Guid.NewGuid();
        using var registered = await Ledger.Client.PutAsync(
            $"/ledger/checks/{checkId}",
            new StringContent(JsonSerializer.Serialize(new
            {
                name,
                checkType,
                tags = Array.Empty<string>(),
                locations = new[] { Location },
                spec,
            })));
        registered.EnsureSuccessStatusCode();
        return checkId;
    }

    /// <summary>Waits until the newest session has a browser and everything else in it is over.</summary>
    /// <returns>The session's id.</returns>
    internal async Task<string> BrowserRunsAsync(ChildProcess cli)
    {
        await PrintsAsync(cli, "Running ");
        var id = (await Ledger.GetAsync("/v1/test-sessions?limit=1")).GetProperty("entries")[0].GetProperty("id").GetString()!;
        await Eventually.Become(
            () => SessionAsync(id),
            session => session.GetProperty("runs").EnumerateArray().All(run => IsPlaywright(run)
                ? StateOf(run) == "running" && HasBrowser(run)
                : StateOf(run) == "passed"),
            Patience,
            $"the browser runs, the rest has passed; the CLI printed {string.Join('\n', cli.Output)}");
        return id;
    }

    internal Task<JsonElement> SettledAsync(string sessionId) => Eventually.Become(
        () => SessionAsync(sessionId),
        session => session.GetProperty("settledAt").ValueKind is JsonValueKind.String,
        Patience,
        "the session is settled");

    internal Task<JsonElement> SessionAsync(string sessionId) => Ledger.GetAsync($"/ledger/sessions/{sessionId}");

    /// <summary>The data of the events of one type, in order.</summary>
    internal async Task<IReadOnlyList<JsonElement>> EventsAsync(string sessionId, string type) =>
    [
        .. (await Ledger.GetAsync($"/ledger/sessions/{sessionId}/events")).EnumerateArray()
            .Where(recorded => recorded.GetProperty("type").GetString() == type)
            .Select(recorded => recorded.GetProperty("data")),
    ];

    /// <summary>
    /// Waits until the CLI has printed something; the handler of Ctrl+C stands once it prints what it runs
    /// (docs/dialects/checkly-cli.md#order-of-requests).
    /// </summary>
    internal static Task PrintsAsync(ChildProcess cli, string text) => Eventually.Become(
        () => Task.FromResult(string.Join('\n', cli.Output)),
        printed => printed.Contains(text, StringComparison.Ordinal),
        Patience,
        $"the CLI prints '{text}'");

    internal static bool IsPlaywright(JsonElement run) => run.GetProperty("checkType").GetString() == "PLAYWRIGHT";

    internal static string? StateOf(JsonElement run) => run.GetProperty("state").GetString();

    private static bool HasBrowser(JsonElement run) => ProcessTable.Mentioning(run.GetProperty("sequenceId").GetString()!)
        .Any(line => line.Contains("chrom", StringComparison.Ordinal));
}

/// <summary>Tests that share a <see cref="ChecklyPlace"/>, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class GenuineRuns : ICollectionFixture<ChecklyPlace>
{
    public const string Name = "Genuine runs";
}
