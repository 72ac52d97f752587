using System.Net.WebSockets;
using Ledger.Http.Mqtt.Connections;
using Ledger.Support;

namespace Ledger.Http.Tests.Mqtt;

public sealed class ConnectionTests : IAsyncLifetime
{
    private MqttHost host = null!;

    public async Task InitializeAsync() => host = await MqttHost.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task Disconnect_closes_the_connection_in_peace()
    {
        await using var client = await host.ConnectAsync();
        await client.SubscribeAsync("news/#");

        await client.SendAsync(0xe0, 0);

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.NormalClosure);
        await Eventually.Become(() => host.Application.Subscribers == 0);
    }

    [Fact]
    public async Task A_text_frame_closes_the_connection()
    {
        await using var client = await host.ConnectAsync();

        await client.SendTextAsync("hello");

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.InvalidMessageType);
    }

    [Fact]
    public async Task A_packet_of_64_KiB_is_read_and_a_larger_one_closes_the_connection()
    {
        await using var client = await host.ConnectAsync();
        const int overhead = 1 + 3 + 2 + 1;

        await client.SendAsync(Packets.Publish(0x30, "a", 0, new string('x', MqttConnection.MaximumPacket - overhead)));
        await client.PingAsync();
        await client.SendAsync(Packets.Publish(0x30, "a", 0, new string('x', MqttConnection.MaximumPacket - overhead + 1)));

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.MessageTooBig);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public async Task A_packet_may_span_frames_and_a_frame_hold_several(int frameSize)
    {
        await using var client = await host.OpenAsync(frameSize);

        await client.SendAsync(
        [
            .. Packets.Connect(MqttHost.User, MqttHost.Password), .. Packets.Subscribe(1, "news/+"), 0xc0, 0,
            .. Packets.Unsubscribe(2, "news/+"), 0xe0, 0,
        ]);

        (await client.NextAsync()).ShouldBePacket(0x20, 0, 0);
        (await client.NextAsync()).ShouldBePacket(0x90, 0, 1, 0);
        (await client.NextAsync()).ShouldBePacket(0xd0);
        (await client.NextAsync()).ShouldBePacket(0xb0, 0, 2);
        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task What_clients_publish_is_acknowledged_and_dropped()
    {
        await using var client = await host.ConnectAsync();
        await client.SubscribeAsync("news/#");

        await client.SendAsync(Packets.Publish(0x30, "news/today", 0, "mine"));
        await client.SendAsync(Packets.Publish(0x32, "news/today", 5, "mine"));
        (await client.NextAsync()).ShouldBePacket(0x40, 0, 5);
        await client.SendAsync(Packets.Publish(0x34, "news/today", 6, "mine"));
        (await client.NextAsync()).ShouldBePacket(0x50, 0, 6);
        await client.SendAsync(0x62, 2, 0, 6);
        (await client.NextAsync()).ShouldBePacket(0x70, 0, 6);
        await client.PingAsync();
    }

    [Fact]
    public async Task Each_filter_of_a_request_has_an_answer_of_its_own()
    {
        await using var client = await host.ConnectAsync();

        (await client.SubscribeAsync("news/a", "secrets/a", "news/b")).ShouldBe([0x00, 0x80, 0x00]);

        host.Application.Publish("secrets/a", "0"u8);
        host.Application.Publish("news/b", "1"u8);
        (await client.NextMessageAsync()).ShouldSatisfyAllConditions(
            message => message.Topic.ShouldBe("news/b"),
            message => message.Payload.GetInt32().ShouldBe(1));
    }

    [Fact]
    public async Task What_was_unsubscribed_comes_no_more()
    {
        await using var client = await host.ConnectAsync();
        await client.SubscribeAsync("news/a", "news/b");

        await client.SendAsync(Packets.Unsubscribe(9, "news/a", "news/unknown"));
        (await client.NextAsync()).ShouldBePacket(0xb0, 0, 9);
        host.Application.Publish("news/a", "1"u8);
        host.Application.Publish("news/b", "2"u8);

        (await client.NextMessageAsync()).Topic.ShouldBe("news/b");
    }

    [Fact]
    public async Task The_same_filter_again_takes_the_place_of_the_one_before()
    {
        await using var client = await host.ConnectAsync();

        await client.SubscribeAsync("news/+");
        await client.SubscribeAsync("news/+", "news/+");
        host.Application.Publish("news/a", "1"u8);

        await client.NextMessageAsync();
        await client.PingAsync();
        host.Application.Subscribers.ShouldBe(1);
    }

    [Fact]
    public async Task Subscriptions_are_bounded()
    {
        await using var client = await host.ConnectAsync();
        var filters = Enumerable.Range(0, MqttSession.MaximumSubscriptions + 2).Select(i => $"news/{i}").ToArray();

        var codes = await client.SubscribeAsync(filters);

        codes.Count(code => code == 0).ShouldBe(MqttSession.MaximumSubscriptions);
        codes[^2..].ShouldBe([0x80, 0x80]);
        (await client.SubscribeAsync("news/0")).ShouldBe([0x00], "It is there already.");
    }

    [Fact]
    public async Task Who_does_not_say_connect_is_closed_after_a_few_seconds()
    {
        await using var client = await host.OpenAsync();
        await host.ConnectAsync();

        host.Clock.Advance(MqttConnection.Patience);

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    [Fact]
    public async Task Who_is_silent_for_one_and_a_half_keep_alives_is_closed_and_not_before()
    {
        await using var client = await host.ConnectAsync(keepAlive: 10);
        await using var patient = await host.ConnectAsync(keepAlive: 0);

        for (var pings = 0; pings < 3; pings++)
        {
            await client.PingAsync();
            host.Clock.Advance(TimeSpan.FromSeconds(14.9));
        }

        await client.PingAsync();
        var end = client.EndAsync();
        await Eventually.Become(() =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(15));
            return end.IsCompleted;
        });
        (await end).ShouldBe(WebSocketCloseStatus.PolicyViolation);
        await patient.PingAsync();
    }

    [Fact]
    public async Task Who_is_not_welcome_any_more_is_closed()
    {
        await using var client = await host.ConnectAsync(keepAlive: 0);
        var end = client.EndAsync();
        host.Clock.Advance(MqttConnection.WelcomeCheck);
        end.IsCompleted.ShouldBeFalse();

        host.Application.IsWelcome = false;
        await Eventually.Become(() =>
        {
            host.Clock.Advance(MqttConnection.WelcomeCheck);
            return end.IsCompleted;
        });

        (await end).ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    [Fact]
    public async Task A_slow_client_is_cut_off_while_a_fast_one_goes_on()
    {
        await using var slow = await host.ConnectAsync();
        await using var fast = await host.ConnectAsync();
        await slow.SubscribeAsync("news/#");
        await fast.SubscribeAsync("news/#");
        var payload = System.Text.Encoding.ASCII.GetBytes($"\"{new string('x', 10_000)}\"");

        // What the two machines buffer between them comes on top of the bound.
        for (var message = 0; host.Application.Subscribers == 2; message++)
        {
            message.ShouldBeLessThan(5_000, "The slow one must have been cut off by now.");
            host.Application.Publish($"news/{message}", payload);
            (await fast.NextMessageAsync()).Topic.ShouldBe($"news/{message}");
        }

        await fast.PingAsync();
        (await slow.EndAsync()).ShouldBeNull("It was cut off without a word.");
    }

    [Fact]
    public async Task A_stopping_host_says_goodbye_and_does_not_wait_for_those_who_do_not_answer()
    {
        await using var polite = await host.ConnectAsync();
        await using var silent = await host.ConnectAsync();
        await silent.SubscribeAsync("news/#");
        var end = polite.EndAsync();

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        (await end).ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
        host.Application.Subscribers.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_goes_without_a_word_leaves_nothing_behind()
    {
        await using var client = await host.ConnectAsync();
        await client.SubscribeAsync("news/#");

        client.Abort();

        await Eventually.Become(() => host.Application.Subscribers == 0);
    }
}
