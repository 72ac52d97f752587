using Ledger.Http.Mqtt.Connections;
using Ledger.Http.Mqtt.Packets;
using Ledger.Http.Mqtt.Topics;

namespace Ledger.Http.Mqtt;

/// <summary>What stands behind the protocol: who is let in, and what there is to subscribe to. The protocol knows nothing else of it.</summary>
public interface IMqttApplication
{
    /// <summary>Looks at the credentials of a CONNECT.</summary>
    /// <param name="userName">Null when none was sent.</param>
    /// <param name="password">Null when none was sent.</param>
    /// <param name="cancellation">Ends it, because the connection has ended.</param>
    Task<Admission> AdmitAsync(string? userName, byte[]? password, CancellationToken cancellation);
}

/// <summary>The answer to a CONNECT.</summary>
/// <param name="Code">What the client is told.</param>
/// <param name="Client">Who is let in; null unless the code is <see cref="ConnectCode.Accepted"/>.</param>
public readonly record struct Admission(ConnectCode Code, IMqttClient? Client)
{
    public static Admission Of(IMqttClient client) => new(ConnectCode.Accepted, client);

    public static Admission Refused(ConnectCode code) => new(code, null);
}

/// <summary>A client that was let in.</summary>
public interface IMqttClient
{
    /// <summary>Whose it is: client ids are unique within it, and nobody can end the connections of another.</summary>
    string Realm { get; }

    /// <summary>Whether it would be let in still.</summary>
    Task<bool> IsWelcomeAsync(CancellationToken cancellation);

    /// <summary>
    /// How to begin sending what a filter asks for, called after the client has been told that it is granted; null when it is not. What it
    /// returns ends it.
    /// </summary>
    Func<Outbox, IDisposable>? Grant(TopicFilter filter);
}
