using Ledger.Embedded;
using Ledger.Http.Hosting;
using Ledger.Store;

try
{
    await using var host = await LedgerHost.BuildAsync(args);
    await host.RunAsync();
    return 0;
}
catch (Exception fault) when (fault is EmbeddedPostgresException or StoreUnavailableException or SettingsException)
{
    await Console.Error.WriteLineAsync($"The ledger cannot start: {fault.Message}");
    return 1;
}
