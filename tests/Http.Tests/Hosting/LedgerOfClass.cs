using Ledger.Support;

namespace Ledger.Http.Tests.Hosting;

/// <summary>One ledger on one database for all tests of a class; each test triggers sessions of its own.</summary>
public sealed class LedgerOfClass : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private RunningLedger? ledger;

    internal RunningLedger Ledger => ledger!;

    internal string ConnectionString => database.ConnectionString;

    public async Task InitializeAsync() => ledger = await RunningLedger.StartAsync(database.ConnectionString);

    public async Task DisposeAsync()
    {
        await Ledger.DisposeAsync();
        database.Dispose();
    }
}
