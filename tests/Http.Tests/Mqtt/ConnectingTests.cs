using System.Net.WebSockets;

namespace Ledger.Http.Tests.Mqtt;

public sealed class ConnectingTests : IAsyncLifetime
{
    private MqttHost host = null!;

    public async Task InitializeAsync() => host = await MqttHost.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task Who_knows_the_password_is_let_in()
    {
        await using var client = await host.OpenAsync();

        client.SubProtocol.ShouldBe("mqtt");
        (await client.HelloAsync(MqttHost.User, MqttHost.Password)).ShouldBe(0);
        await client.PingAsync();
    }

    [Fact]
    public async Task Bad_credentials_are_answered_5_and_the_connection_is_closed()
    {
        await using var client = await host.OpenAsync();

        (await client.HelloAsync(MqttHost.User, "wrong")).ShouldBe(5);
        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    [Theory]
    [InlineData("100E00044D5154540502003C00000161")]
    [InlineData("100F00064D51497364700302003C000161")]
    public async Task Another_level_is_answered_1_and_the_connection_is_closed(string connect)
    {
        await using var client = await host.OpenAsync();

        await client.SendAsync(Convert.FromHexString(connect));

        (await client.HelloAnswerAsync()).ShouldBe(1);
        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    [Theory]
    [InlineData("", Packets.CleanSession, 0)]
    [InlineData("", 0, 2)]
    [InlineData("kept", 0, 0)]
    [InlineData("12345678901234567890123", Packets.CleanSession, 0)]
    public async Task A_client_id_may_be_left_out_by_those_who_want_nothing_kept(string clientId, byte flags, int code)
    {
        await using var client = await host.OpenAsync();

        await client.SendAsync(Packets.Connect(MqttHost.User, MqttHost.Password, clientId, flags: flags));

        (await client.HelloAnswerAsync()).ShouldBe(code);
    }

    [Fact]
    public async Task An_endless_client_id_is_answered_2()
    {
        await using var client = await host.OpenAsync();

        (await client.HelloAsync(MqttHost.User, MqttHost.Password, new string('x', 257))).ShouldBe(2);
    }

    [Fact]
    public async Task A_client_id_that_comes_again_ends_the_connection_before_and_nobody_elses()
    {
        await using var first = await host.ConnectAsync("same");
        await using var foreign = await host.ConnectAsync("same", user: "bob");
        await using var second = await host.ConnectAsync("same");

        (await first.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
        await second.PingAsync();
        await foreign.PingAsync();
        await using var third = await host.ConnectAsync("same");
        (await second.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
        await third.PingAsync();
    }

    [Theory]
    [InlineData("C000", "a ping before CONNECT")]
    [InlineData("E000", "DISCONNECT before CONNECT")]
    [InlineData("8206000100016100", "SUBSCRIBE before CONNECT")]
    public async Task The_first_packet_is_connect_or_the_connection_is_closed(string hex, string what)
    {
        await using var client = await host.OpenAsync();

        await client.SendAsync(Convert.FromHexString(hex));

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.ProtocolError, what);
    }

    [Fact]
    public async Task A_second_connect_closes_the_connection()
    {
        await using var client = await host.ConnectAsync();

        await client.SendAsync(Packets.Connect(MqttHost.User, MqttHost.Password));

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.ProtocolError);
    }
}
