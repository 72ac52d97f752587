using Ledger.Http.Mqtt.Packets;

namespace Ledger.Http.Tests.Mqtt;

public sealed class PacketWriterTests
{
    [Fact]
    public void Answers_are_written_as_the_specification_shows_them()
    {
        Hex(PacketWriter.ConnectAcknowledgement(ConnectCode.Accepted)).ShouldBe("20020000");
        Hex(PacketWriter.ConnectAcknowledgement(ConnectCode.NotAuthorized)).ShouldBe("20020005");
        Hex(PacketWriter.SubscribeAcknowledgement(0x1234, [0x00, 0x80, 0x00])).ShouldBe("90051234008000");
        Hex(PacketWriter.Acknowledgement(PacketType.UnsubscribeAcknowledgement, 0x1234)).ShouldBe("B0021234");
        Hex(PacketWriter.Acknowledgement(PacketType.PublishAcknowledgement, 10)).ShouldBe("4002000A");
        Hex(PacketWriter.Acknowledgement(PacketType.PublishReceived, 10)).ShouldBe("5002000A");
        Hex(PacketWriter.Acknowledgement(PacketType.PublishComplete, 10)).ShouldBe("7002000A");
        Hex(PacketWriter.PingResponse).ShouldBe("D000");
    }

    [Fact]
    public void A_message_has_its_topic_and_then_its_content() =>
        Hex(PacketWriter.Publish("a/b", "{}"u8)).ShouldBe("30070003612F627B7D");

    [Theory]
    [InlineData(122, "7F")]
    [InlineData(123, "8001")]
    [InlineData(16_378, "FF7F")]
    [InlineData(16_379, "808001")]
    [InlineData(2_097_146, "FFFF7F")]
    [InlineData(2_097_147, "80808001")]
    public void A_long_message_has_a_long_length(int payload, string length) =>
        Hex(PacketWriter.Publish("a/b", new byte[payload])).ShouldStartWith($"30{length}0003612F62");

    private static string Hex(ReadOnlyMemory<byte> packet) => Convert.ToHexString(packet.Span);
}
