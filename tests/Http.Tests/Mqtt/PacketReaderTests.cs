using System.Text;
using Ledger.Http.Mqtt.Packets;

namespace Ledger.Http.Tests.Mqtt;

public sealed class PacketReaderTests
{
    [Fact]
    public void The_genuine_client_says_connect_like_this()
    {
        // As npm mqtt@5.16.0 writes it: level 4, clean session, keep-alive 60 s.
        var connect = Read(
            "104900044D51545404C2003C000F6D7174746A735F3161326233633464002462306537633064"
            + "652D303030302D343030302D383030302D3030303030303030303030310006736563726574").ShouldBeOfType<ConnectPacket>();

        connect.ClientId.ShouldBe("mqttjs_1a2b3c4d");
        connect.IsCleanSession.ShouldBeTrue();
        connect.KeepAlive.ShouldBe(TimeSpan.FromSeconds(60));
        connect.UserName.ShouldBe("b0e7c0de-0000-4000-8000-000000000001");
        Encoding.UTF8.GetString(connect.Password!).ShouldBe("secret");
    }

    [Fact]
    public void A_will_is_read_over()
    {
        var connect = Read("101B00044D51545404EE000A00016100017400026D6D00017500020001").ShouldBeOfType<ConnectPacket>();

        connect.ClientId.ShouldBe("a");
        connect.UserName.ShouldBe("u");
        connect.Password.ShouldBe([0, 1]);
    }

    [Theory]
    [InlineData("100E00044D5154540502003C00000161", "level 5")]
    [InlineData("100F00064D51497364700302003C000161", "MQTT 3.1")]
    public void Other_levels_are_told_apart_without_reading_on(string hex, string what) =>
        Read(hex).ShouldBeOfType<ForeignConnectPacket>(what);

    [Fact]
    public void Subscribe_has_filters_and_their_qualities()
    {
        // The example of the specification, 3.8.3.1.
        var subscribe = Read("820E000A0003612F6201" + "0003632F6402").ShouldBeOfType<SubscribePacket>();

        subscribe.PacketId.ShouldBe(10);
        subscribe.Filters.Select(filter => filter.Text).ShouldBe(["a/b", "c/d"]);
    }

    [Fact]
    public void The_other_packets_are_read()
    {
        Read("A20C000A0003612F620003632F64").ShouldBeOfType<UnsubscribePacket>().Filters.ShouldBe(["a/b", "c/d"]);
        Read("30050003612F62").ShouldBe(new PublishPacket(0, 0));
        Read("3B080003612F62000AFF").ShouldBe(new PublishPacket(1, 10));
        Read("3407" + "0003612F62000A").ShouldBe(new PublishPacket(2, 10));
        Read("6202000A").ShouldBe(new PublishReleasePacket(10));
        Read("C000").ShouldBe(new PingRequestPacket());
        Read("E000").ShouldBe(new DisconnectPacket());
    }

    [Theory]
    [InlineData("0000", "type 0")]
    [InlineData("F000", "type 15")]
    [InlineData("20020000", "CONNACK from a client")]
    [InlineData("4002000A", "PUBACK, for nothing was sent in quality 1")]
    [InlineData("9003000A00", "SUBACK from a client")]
    [InlineData("D000", "PINGRESP from a client")]
    [InlineData("1100", "CONNECT with flags")]
    [InlineData("1000", "CONNECT without content")]
    [InlineData("100C00044D51545404C3003C0000", "CONNECT with the reserved flag")]
    [InlineData("100C00044D5154540442003C0000", "a password without a user name")]
    [InlineData("100C00044D515454040A003C0000", "a will's quality without a will")]
    [InlineData("100C00044D5154540422003C0000", "a will's retain without a will")]
    [InlineData("101100044D515454041E003C0000000174" + "0000", "a will of quality 3")]
    [InlineData("101100044D5154540406003C000000012B0000", "a will to a wildcard")]
    [InlineData("100D00044D5154540402003C000000", "more bytes than content")]
    [InlineData("100C00044D5154540402003C0001", "fewer bytes than content")]
    [InlineData("100C00044D5154580402003C0000", "another protocol")]
    [InlineData("100E00044D5154540402003C0002C328", "a client id that is not UTF-8")]
    [InlineData("100F00044D5154540402003C0003EDA080", "half a surrogate pair")]
    [InlineData("100D00044D5154540402003C000100", "a NUL character")]
    [InlineData("8006000A00016100", "SUBSCRIBE without its flags")]
    [InlineData("82060000000161" + "00", "SUBSCRIBE with packet id 0")]
    [InlineData("8202000A", "SUBSCRIBE without filters")]
    [InlineData("8206000A00016103", "a quality of 3")]
    [InlineData("8206000A00016180", "reserved bits beside the quality")]
    [InlineData("8205000A000000", "an empty filter")]
    [InlineData("8207000A0002612300", "a filter with # inside a level")]
    [InlineData("A000", "UNSUBSCRIBE without its flags")]
    [InlineData("A202000A", "UNSUBSCRIBE without filters")]
    [InlineData("36070003612F62000A", "a message of quality 3")]
    [InlineData("38050003612F62", "a repeated message of quality 0")]
    [InlineData("32070003612F620000", "a message with packet id 0")]
    [InlineData("3003000123", "a message to a wildcard")]
    [InlineData("30020000", "a message to an empty topic")]
    [InlineData("6002000A", "PUBREL without its flags")]
    [InlineData("C001FF", "PINGREQ with content")]
    [InlineData("E100", "DISCONNECT with flags")]
    public void All_else_is_malformed(string hex, string what) => Should.Throw<MalformedPacketException>(() => Read(hex), what);

    private static ClientPacket Read(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        var buffer = new PacketBuffer(64 * 1024);
        bytes.CopyTo(buffer.Free);
        buffer.Advance(bytes.Length);
        buffer.TryTake(out var raw).ShouldBeTrue("The packet is whole.");
        raw.Body.Length.ShouldBe(bytes.Length - 2, "The example says its own length.");
        return PacketReader.Read(raw);
    }
}
