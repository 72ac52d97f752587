using Ledger.Http.Mqtt.Topics;

namespace Ledger.Http.Mqtt.Packets;

/// <summary>What a client sends.</summary>
public abstract record ClientPacket;

/// <summary>The first packet of every connection, in protocol level 4. A will may stand in it; it is checked, and left out here.</summary>
/// <param name="ClientId">Empty when the server is to choose one.</param>
/// <param name="IsCleanSession">Whether nothing of an earlier connection is wanted.</param>
/// <param name="KeepAlive">The longest silence that the client promises; zero for no promise.</param>
/// <param name="UserName">Null when none was sent.</param>
/// <param name="Password">Null when none was sent.</param>
public sealed record ConnectPacket(string ClientId, bool IsCleanSession, TimeSpan KeepAlive, string? UserName, byte[]? Password) : ClientPacket;

/// <summary>A first packet in another protocol level, whose further content is unknown (MQTT-3.1.2-2).</summary>
public sealed record ForeignConnectPacket : ClientPacket;

/// <summary>Asks for what matches these filters, in this order; at least one.</summary>
public sealed record SubscribePacket(int PacketId, IReadOnlyList<TopicFilter> Filters) : ClientPacket;

/// <summary>Takes filters back; at least one.</summary>
public sealed record UnsubscribePacket(int PacketId, IReadOnlyList<string> Filters) : ClientPacket;

/// <summary>A message of the client's own, without its content.</summary>
/// <param name="QualityOfService">0, 1 or 2.</param>
/// <param name="PacketId">0 for quality 0, which has none.</param>
public sealed record PublishPacket(int QualityOfService, int PacketId) : ClientPacket;

/// <summary>The third of the four packets of quality 2.</summary>
public sealed record PublishReleasePacket(int PacketId) : ClientPacket;

public sealed record PingRequestPacket : ClientPacket;

/// <summary>The client goes in peace.</summary>
public sealed record DisconnectPacket : ClientPacket;
