using System.Text;

namespace Ledger.Http.Tests.Dialects.Checkly.Live;

/// <summary>Packets as clients send them, written by hand after MQTT 3.1.1.</summary>
internal static class Packets
{
    public const byte CleanSession = 0x02;

    public static byte[] Connect(string? user, string? password, string? clientId = null, int keepAlive = 60, byte flags = CleanSession)
    {
        flags |= (byte)((user is null ? 0 : 0x80) | (password is null ? 0 : 0x40));
        return Packet(
            0x10,
            [
                .. Text("MQTT"), 4, flags, (byte)(keepAlive >> 8), (byte)keepAlive, .. Text(clientId ?? $"mqttjs_{Guid.NewGuid():N}"),
                .. user is null ? [] : Text(user), .. password is null ? [] : Text(password),
            ]);
    }

    public static byte[] ConnectWithWill(string user, string password, string topic) =>
        Packet(0x10, [.. Text("MQTT"), 4, 0xc6, 0, 0, .. Text("willing"), .. Text(topic), .. Text("{}"), .. Text(user), .. Text(password)]);

    public static byte[] Subscribe(int id, params string[] filters) =>
        Packet(0x82, [(byte)(id >> 8), (byte)id, .. filters.SelectMany(filter => (byte[])[.. Text(filter), 0])]);

    public static byte[] Unsubscribe(int id, params string[] filters) =>
        Packet(0xa2, [(byte)(id >> 8), (byte)id, .. filters.SelectMany(Text)]);

    public static byte[] Publish(byte first, string topic, int id, string payload) =>
        Packet(first, [.. Text(topic), .. id == 0 ? (byte[])[] : [(byte)(id >> 8), (byte)id], .. Encoding.UTF8.GetBytes(payload)]);

    public static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
    }

    public static byte[] Packet(byte first, byte[] body)
    {
        var length = new List<byte>();
        for (var rest = body.Length; rest > 0 || length.Count == 0; rest /= 128)
        {
            length.Add((byte)((rest % 128) + (rest >= 128 ? 128 : 0)));
        }

        return [first, .. length, .. body];
    }
}
