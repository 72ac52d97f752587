using Ledger.Http.Commands;
using Ledger.Http.Hosting;

using var signals = new HostSignals();
try
{
    var call = Invocation.Parse(args);
    return call.Verb switch
    {
        Invocation.Version => Help.ShowVersion(),
        Invocation.Help => await Help.ShowAsync(call.Arguments),
        Invocation.Demo => await LedgerHost.RunAsync(call.Settings, signals, isDemo: true),
        Invocation.Run => await LedgerHost.RunAsync(call.Settings, signals),
        _ => await Verbs.RunAsync(call, signals.Ending),
    };
}
catch (Exception fault)
{
    return signals.ExitCode ?? StartFault.Tell(fault);
}
