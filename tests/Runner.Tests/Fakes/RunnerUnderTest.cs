using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Runner.Tests.Fakes;

/// <summary>A runner with a ledger of its own and a directory of its own; ending it ends all that it started.</summary>
internal sealed class RunnerUnderTest : IAsyncDisposable
{
    private readonly RunnerHost host;
    private readonly Task<int> running;

    private RunnerUnderTest(FakeLedger ledger, RunnerOptions options)
    {
        Ledger = ledger;
        Options = options;
        host = new RunnerHost(options, TimeProvider.System, NullLoggerFactory.Instance);
        running = host.RunAsync();
    }

    public FakeLedger Ledger { get; }

    public RunnerOptions Options { get; }

    /// <summary>The exit code, once it has ended.</summary>
    public Task<int> Ended => running;

    public static async Task<RunnerUnderTest> StartAsync(
        Action<RunnerOptions>? change = null, Action<FakeLedger>? prepare = null)
    {
        var ledger = await FakeLedger.StartAsync();
        prepare?.Invoke(ledger);
        var directory = Directory.CreateTempSubdirectory("ledger-runner-tests-").FullName;
        var options = new RunnerOptions
        {
            Url = ledger.Url,
            Key = FakeLedger.Key,
            Id = "runner-1",
            Locations = ["eu-central-1"],
            CheckTypes = ["PLAYWRIGHT", "API"],
            Max = 4,
            GraceSeconds = 300,
            DrainSeconds = 300,
            LastReportsLimit = TimeSpan.FromSeconds(10),
            WorkDirectory = directory,
            LogDirectory = directory,
            DataDirectory = Path.Combine(directory, "data"),
            ContainerEngine = "auto",
            Retry = new RetryTiming(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50)),
        };
        change?.Invoke(options);
        return new RunnerUnderTest(ledger, options);
    }

    /// <summary>A path in the runner's work directory, where scripts leave their traces.</summary>
    public string PathOf(string name) => Path.Combine(Options.WorkDirectory, name);

    /// <summary>What the process does on SIGTERM.</summary>
    public void Stop() => host.Stop("a test");

    /// <summary>Whether a process with this id still lives.</summary>
    public static bool IsAlive(string id) => ProcessTree.Find(int.Parse(id)) is { IsZombie: false };

    public async ValueTask DisposeAsync()
    {
        Ledger.IsAway = false;
        Stop();
        Stop();
        await running.WaitAsync(TimeSpan.FromSeconds(60));
        host.Dispose();
        await Ledger.DisposeAsync();
        Directory.Delete(Options.WorkDirectory, recursive: true);
    }
}
