using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Stably;

/// <summary>What the tests of this dialect share: a host, a runner and the installed command line. Each test has a project of its own.</summary>
public sealed class StablyPlace : IAsyncLifetime
{
    /// <summary>Where the runner is.</summary>
    internal const string Location = "eu-central-1";

    private readonly LedgerPlace place = new();
    private RunnerProcess runner = null!;

    internal LedgerProcess Ledger { get; private set; } = null!;

    internal StablyCli Cli { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var installing = StablyCli.InstallAsync();
        Ledger = await LedgerProcess.StartAsync(place);
        runner = RunnerProcess.Start(Ledger, Location, place.Directory);
        Cli = await installing;
    }

    public async Task DisposeAsync()
    {
        await runner.DisposeAsync();
        await Ledger.DisposeAsync();
        Cli.Dispose();
        place.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class StablyTests : ICollectionFixture<StablyPlace>
{
    public const string Name = "Stably";
}
