namespace Ledger.Http.Mqtt.Packets;

/// <summary>A control packet that has arrived completely.</summary>
/// <param name="Type">The upper half of its first byte; 0 and 15 are reserved.</param>
/// <param name="Flags">The lower half.</param>
/// <param name="Body">What follows the fixed header. Valid until more is received.</param>
public readonly record struct RawPacket(PacketType Type, int Flags, ReadOnlyMemory<byte> Body);
