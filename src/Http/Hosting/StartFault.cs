using System.Net.Sockets;
using Ledger.Http.Commands;
using Ledger.Http.Embedded;
using Microsoft.AspNetCore.Connections;

namespace Ledger.Http.Hosting;

/// <summary>Why the host cannot start, in one sentence for the person who starts it: what, where, and what to do.</summary>
internal static class StartFault
{
    internal static int Tell(Exception fault)
    {
        Console.Error.WriteLine(fault is UsageException ? fault.Message : $"The ledger cannot start: {Explain(fault)}");
        return 1;
    }

    private static string Explain(Exception fault) => fault switch
    {
        AggregateException { InnerExceptions: [var only] } => Explain(only),
        EmbeddedPostgresException or StoreUnavailableException or SettingsException => fault.Message,
        IOException { InnerException: AddressInUseException } =>
            $"another program listens on {AddressIn(fault.Message)} already: end that one, or choose another address by --urls.",
        SocketException or IOException { InnerException: SocketException } =>
            $"an address of --urls cannot be listened on ({Line((fault.InnerException ?? fault).Message)}): choose another one.",
        InvalidOperationException when fault.Message.Contains("HTTPS endpoint", StringComparison.Ordinal) =>
            "an https address needs a certificate: name one by Kestrel:Certificates:Default:Path and Kestrel:Certificates:Default:Password, or listen "
            + "on http behind a proxy that has one.",
        _ => $"{Line(fault.Message)} ({fault.GetType().Name}{PlaceOf(fault)}).",
    };

    private static string AddressIn(string message) =>
        message.Split(' ').FirstOrDefault(word => word.Contains("://", StringComparison.Ordinal))?.TrimEnd(':', '.') ?? "the address";

    private static string Line(string message) => string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).TrimEnd('.');

    /// <summary>The method, for whoever has to mend what no sentence was written for.</summary>
    private static string PlaceOf(Exception fault) => fault.TargetSite is { DeclaringType: { } type } method ? $" in {type.Name}.{method.Name}" : "";
}
