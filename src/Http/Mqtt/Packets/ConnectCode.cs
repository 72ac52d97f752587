namespace Ledger.Http.Mqtt.Packets;

/// <summary>The answer to CONNECT (MQTT 3.1.1, table 3.1).</summary>
public enum ConnectCode
{
    Accepted = 0,

    /// <summary>Another protocol level than 4.</summary>
    UnacceptableVersion = 1,

    /// <summary>A client id that this server does not allow.</summary>
    IdentifierRejected = 2,

    /// <summary>Nobody can be let in now.</summary>
    ServerUnavailable = 3,

    /// <summary>Whoever asks is not let in.</summary>
    NotAuthorized = 5,
}
