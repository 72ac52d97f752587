using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Checkly;

/// <summary>
/// The genuine Checkly CLI, unpatched, on a Node that it accepts, in the folder of a project of its own: the Playwright project of these
/// tests with an API check beside it.
/// </summary>
internal sealed class ChecklyProject : IDisposable
{
    private ChecklyProject(string folder, string chromium)
    {
        Folder = folder;
        Chromium = chromium;
    }

    public string Folder { get; }

    public string Chromium { get; }

    private string Home => Path.Combine(Folder, "home");

    /// <summary>What the runner executes for a registered check: the project's own Playwright, in place.</summary>
    /// <param name="releaseFile">Once this file exists, the endless test ends.</param>
    public object PlaywrightSpec(string? releaseFile = null) => new
    {
        command = new[] { Path.Combine(Folder, "node_modules", ".bin", "playwright"), "test" },
        workingDirectory = Folder,
        environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CHROMIUM_PATH"] = Chromium,
            ["RESULTS_DIRECTORY"] = Path.Combine(Folder, "results"),
            ["RELEASE_FILE"] = releaseFile ?? "",
        },
    };

    public static async Task<ChecklyProject> InstallAsync()
    {
        var folder = await NpmProject.InstallAsync("ledger-checkly-", ["Playwright", "Checkly/project"], allowScripts: true);
        Directory.CreateDirectory(Path.Combine(folder, "home"));
        return new ChecklyProject(
            folder, InstalledChromium.Path ?? throw new InvalidOperationException("Chromium is missing: the test command installs it, or set CHROMIUM_PATH."));
    }

    /// <summary>Starts the CLI directly, so that a signal reaches it and not a shell (docs/dialects/checkly-cli.md#set-up).</summary>
    /// <param name="ledger">What it talks to.</param>
    /// <param name="arguments">The command and its options.</param>
    /// <param name="mqtt">Where its WebSocket goes; the ledger itself when null.</param>
    /// <param name="withFailing">Whether the checks that fail are part of the project.</param>
    public ChildProcess Start(LedgerProcess ledger, IEnumerable<string> arguments, Uri? mqtt = null, bool withFailing = false)
    {
        var websocket = new UriBuilder(mqtt ?? ledger.Address) { Scheme = "ws" }.Uri.ToString().TrimEnd('/');
        return ChildProcess.Start(
            Path.Combine(Folder, "node_modules", ".bin", "node"),
            [Path.Combine(Folder, "node_modules", "checkly", "bin", "run.cjs"), .. arguments],
            Folder,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["CHECKLY_ENV"] = "local",
                ["CHECKLY_API_URL"] = ledger.Address.ToString().TrimEnd('/'),
                ["CHECKLY_MQTT_URL"] = websocket,
                ["CHECKLY_API_KEY"] = ledger.Place.ApiKey,
                ["CHECKLY_ACCOUNT_ID"] = ledger.Place.AccountId.ToString(),
                ["HOME"] = Home,
                ["XDG_CONFIG_HOME"] = Home,
                ["NO_COLOR"] = "1",
                ["CI"] = "false", // Else it chooses another reporter where these tests run under CI.
                ["NO_PROXY"] = "127.0.0.1",
                ["no_proxy"] = "127.0.0.1",
                ["HOME_API_URL"] = new Uri(ledger.Address, "health/live").ToString(),
                ["WITH_FAILING"] = withFailing ? "1" : "",
            });
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
