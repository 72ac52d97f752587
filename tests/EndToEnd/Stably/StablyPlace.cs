using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Stably;

/// <summary>What the tests of this dialect share: a host, a runner and the installed command line. Each test has a project of its own.</summary>
public sealed class StablyPlace : IAsyncLifetime
{
    /// <summary>Where the runner is.</summary>
    internal const string Location = "eu-central-1";

    private readonly LedgerPlace place = new();
    private LedgerProcess? ledger;
    private RunnerProcess? runner;
    private StablyCli? cli;

    internal LedgerProcess Ledger => ledger!;

    internal StablyCli Cli => cli!;

    public async Task InitializeAsync()
    {
        var installing = StablyCli.InstallAsync();
        ledger = await LedgerProcess.StartAsync(place);
        runner = RunnerProcess.Start(ledger, Location, place.Directory);
        cli = await installing;
    }

    /// <summary>Ends what was started, also where the rest could not be.</summary>
    public async Task DisposeAsync()
    {
        await (runner?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (ledger?.DisposeAsync() ?? ValueTask.CompletedTask);
        cli?.Dispose();
        place.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class StablyTests : ICollectionFixture<StablyPlace>
{
    public const string Name = "Stably";
}
