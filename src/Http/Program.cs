using JasperFx;
using Ledger.Http.Embedded;
using Ledger.Http.Hosting;
using Ledger.Store;
using Microsoft.AspNetCore.Connections;

try
{
    await using var host = await LedgerHost.BuildAsync(args);
    if (LedgerHost.IsCommand(args))
    {
        return await host.App.RunJasperFxCommands(args);
    }

    await host.RunAsync();
    return 0;
}
catch (Exception fault) when (fault is EmbeddedPostgresException or StoreUnavailableException or SettingsException)
{
    await Console.Error.WriteLineAsync($"The ledger cannot start: {fault.Message}");
    return 1;
}
catch (IOException fault) when (fault.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"The ledger cannot start: {fault.Message} Choose another with --urls.");
    return 1;
}
