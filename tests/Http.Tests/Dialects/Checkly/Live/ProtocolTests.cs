using System.Net.WebSockets;
using Ledger.Http.Checkly.Live;
using Ledger.Http.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Dialects.Checkly.Live;

/// <summary>What clients may do to the host and to each other, over a real WebSocket.</summary>
public sealed class ProtocolTests(ChecklyLedger fixture) : IClassFixture<ChecklyLedger>
{
    private const int Seed = 20261121;

    // Fills whatever packet may have been begun, and is none itself.
    private static readonly byte[] Terminator = [.. Enumerable.Repeat((byte)0xff, 70_000)];

    private readonly RunningLedger ledger = fixture.Running;
    private readonly string account = fixture.Running.AccountId.ToString();
    private readonly Guid suite = Guid.NewGuid();

    [Fact]
    public async Task Disconnect_closes_the_connection_normally()
    {
        await using var client = await ledger.SubscribeAsync(suite);

        await client.SendAsync(0xe0, 0);

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task Another_level_is_answered_1_and_the_connection_is_closed()
    {
        await using var client = await MqttTestClient.OpenAsync(ledger.Address);

        await client.SendAsync(Convert.FromHexString("100F00064D51497364700302003C000161"));

        (await client.HelloAnswerAsync()).ShouldBe(1);
        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    [Theory]
    [InlineData("", Packets.CleanSession)]
    [InlineData("kept", 0)]
    public async Task A_client_id_may_be_left_out_and_nothing_is_kept(string clientId, byte flags)
    {
        for (var time = 0; time < 2; time++)
        {
            await using var client = await MqttTestClient.OpenAsync(ledger.Address);
            await client.SendAsync(Packets.Connect(account, ledger.ApiKey, clientId, flags: flags));
            (await client.HelloAnswerAsync()).ShouldBe(0);
            (await client.SubscribeAsync(ledger.FilterOf(suite))).ShouldBe([0]);
        }
    }

    [Fact]
    public async Task A_client_id_that_comes_again_ends_the_connection_before_and_nobody_elses()
    {
        var key = await fixture.KeyOfAnotherAccountAsync();
        var other = (await ledger.Services.GetRequiredService<ApiKeys>().FindAsync(key, CancellationToken.None))!.AccountId;
        await using var first = await MqttTestClient.ConnectAsync(ledger.Address, account, ledger.ApiKey, "same");
        await using var foreign = await MqttTestClient.ConnectAsync(ledger.Address, other.ToString(), key, "same");
        await using var second = await MqttTestClient.ConnectAsync(ledger.Address, account.ToUpperInvariant(), ledger.ApiKey, "same");

        (await first.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
        await second.PingAsync();
        await foreign.PingAsync();
    }

    [Theory]
    [InlineData("C000", "a ping before CONNECT")]
    [InlineData("E000", "DISCONNECT before CONNECT")]
    [InlineData("8206000100016100", "SUBSCRIBE before CONNECT")]
    [InlineData("100E00044D5154540902003C00000161", "a level that is none")]
    public async Task The_first_packet_is_connect_or_the_connection_is_closed(string hex, string what)
    {
        await using var client = await MqttTestClient.OpenAsync(ledger.Address);

        await client.SendAsync(Convert.FromHexString(hex));

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation, what);
    }

    [Fact]
    public async Task A_second_connect_closes_the_connection()
    {
        await using var client = await ledger.ConnectAsync();

        await client.SendAsync(Packets.Connect(account, ledger.ApiKey));

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public async Task A_packet_may_span_frames_and_a_frame_hold_several(int frameSize)
    {
        await using var client = await MqttTestClient.OpenAsync(ledger.Address, frameSize: frameSize);
        var filter = ledger.FilterOf(suite);

        await client.SendAsync(
        [
            .. Packets.Connect(account, ledger.ApiKey), .. Packets.Subscribe(1, filter), .. Packets.Unsubscribe(2, filter), 0xc0, 0,
        ]);

        (await client.NextAsync()).ShouldBePacket(0x20, 0, 0);
        var answers = new[] { await client.NextAsync(), await client.NextAsync(), await client.NextAsync() }.Select(answer => answer.First);
        answers.Order().ShouldBe(new byte[] { 0x90, 0xb0, 0xd0 });
    }

    [Fact]
    public async Task A_packet_of_64_KiB_is_read_and_one_that_is_a_little_larger_closes_the_connection()
    {
        await using var client = await ledger.ConnectAsync();
        const int overhead = 1 + 3 + 2 + 1;

        await client.SendAsync(Packets.Publish(0x30, "a", 0, new string('x', LiveClient.MaximumPacket - overhead)));
        await client.PingAsync();
        await client.SendAsync(Packets.Publish(0x30, "a", 0, new string('x', LiveClient.MaximumPacket + 8_192)));

        (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.MessageTooBig);
    }

    [Fact]
    public async Task What_clients_publish_is_acknowledged_and_dropped_and_their_wills_are()
    {
        await using var witness = await ledger.SubscribeAsync(suite);
        await using var client = await ledger.SubscribeAsync(suite);
        var topic = ledger.FilterOf(suite, "a/b/result");

        await client.SendAsync(Packets.Publish(0x31, topic, 0, "{}"));
        await client.SendAsync(Packets.Publish(0x32, topic, 5, "{}"));
        (await client.NextAsync()).ShouldBePacket(0x40, 0, 5);
        await client.SendAsync(Packets.Publish(0x34, topic, 6, "{}"));
        (await client.NextAsync()).ShouldBePacket(0x50, 0, 6);
        await client.SendAsync(0x62, 2, 0, 6);
        (await client.NextAsync()).ShouldBePacket(0x70, 0, 6);
        await client.PingAsync();

        await using (var willing = await MqttTestClient.OpenAsync(ledger.Address))
        {
            await willing.SendAsync(Packets.ConnectWithWill(account, ledger.ApiKey, topic));
            (await willing.HelloAnswerAsync()).ShouldBe(0);
            await willing.SendAsync(0xff, 0xff, 0xff, 0xff, 0xff);
            await willing.EndAsync();
        }

        await using var late = await ledger.SubscribeAsync(suite);
        await late.PingAsync();
        await witness.PingAsync();
    }

    [Fact]
    public async Task Subscriptions_are_bounded_and_each_filter_has_an_answer_of_its_own()
    {
        await using var client = await ledger.ConnectAsync();
        var filters = Enumerable.Range(0, LiveClient.MaximumSubscriptions + 2).Select(i => ledger.FilterOf(suite, $"{i}/+/+")).ToArray();

        var codes = await client.SubscribeAsync(["#", .. filters]);

        codes.ShouldBe([0x80, .. Enumerable.Repeat((byte)0, LiveClient.MaximumSubscriptions), 0x80, 0x80]);
        (await client.SubscribeAsync(filters[0])).ShouldBe([0x00], "It is there already.");
    }

    [Fact]
    public async Task Who_is_silent_for_too_long_is_closed_before_connect_and_after()
    {
        await using var patient = await MqttTestClient.ConnectAsync(ledger.Address, account, ledger.ApiKey, keepAlive: 0);
        await using var mute = await MqttTestClient.OpenAsync(ledger.Address);
        await using var silent = await MqttTestClient.ConnectAsync(ledger.Address, account, ledger.ApiKey, keepAlive: 1);

        (await silent.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
        (await mute.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation);
        await patient.PingAsync();
    }

    [Fact]
    public async Task Two_hundred_subscribers_of_a_suite_are_told_everything_once_and_in_order()
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ledger.SubscribeAsync(suite)));
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT", "PLAYWRIGHT");

        await ledger.RunnerOf().StartAsync(session.SessionId, session.Run);
        await ledger.RunnerOf().PassAsync(session.SessionId, session.Run);
        await ledger.CancelAsync(session);

        foreach (var client in clients)
        {
            (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Runs[0], "run-start");
            (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Runs[0], "result");
            (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Runs[1], "run-start");
            (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Runs[1], "result");
            await client.PingAsync();
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whatever_a_client_sends_ends_its_own_connection_and_no_other()
    {
        await using var bystander = await ledger.SubscribeAsync(suite);
        var random = new Random(Seed);

        for (var round = 0; round < 100; round++)
        {
            await using var client = round % 3 == 0 ? await MqttTestClient.OpenAsync(ledger.Address) : await ledger.ConnectAsync();
            await TrySendAsync(client, [.. Noise(random), .. Mutated(random), .. Terminator]);
            await client.EndAsync();
        }

        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");
        await ledger.CancelAsync(session);
        (await bystander.NextMessageAsync()).ShouldBe(ledger, suite, session.Run, "run-start");
        (await bystander.NextMessageAsync()).ShouldBe(ledger, suite, session.Run, "result");
        await bystander.PingAsync();
    }

    private static async Task TrySendAsync(MqttTestClient client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes);
        }
        catch (WebSocketException)
        {
            // The server has closed before the last byte.
        }
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Mutated(Random random)
    {
        byte[][] valid =
        [
            Packets.Connect(account, ledger.ApiKey, "fuzz"), Packets.Connect(null, null, ""), Packets.Subscribe(1, ledger.FilterOf(suite), "#"),
            Packets.Unsubscribe(2, ledger.FilterOf(suite)), Packets.Publish(0x30, "a/b", 0, "payload"), Packets.Publish(0x34, "a/b", 7, "payload"),
            [0x62, 2, 0, 7], [0xc0, 0], [0xe0, 0],
        ];
        byte[] bytes = [.. valid[random.Next(valid.Length)], .. valid[random.Next(valid.Length)]];
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}

/// <summary>Clients that do not read.</summary>
public sealed class SlowClientTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly RunningLedger ledger = fixture.Ledger;
    private readonly Guid suite = Guid.NewGuid();

    [Fact]
    public async Task A_slow_client_is_cut_off_while_a_fast_one_goes_on()
    {
        var live = ledger.Services.GetRequiredService<Http.Checkly.Live.LiveResults>();
        await using var slow = await MqttTestClient.OpenAsync(ledger.Address, receiveBuffer: 4_096);
        (await slow.HelloAsync(ledger.AccountId.ToString(), ledger.ApiKey)).ShouldBe(0);
        await slow.SubscribeAsync(ledger.FilterOf(suite));
        await using var fast = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, ["PLAYWRIGHT"], name: new string('€', 800));
        var runner = ledger.RunnerOf();
        await runner.StartAsync(session.SessionId, session.Run);
        await fast.NextMessageAsync();

        // What the system buffers between the two comes on top of the bound.
        for (var message = 0; live.Connections == 2; message++)
        {
            message.ShouldBeLessThan(5_000, "The slow one must have been cut off by now.");
            await runner.AttemptAsync(session.SessionId, session.Run);
            (await fast.NextMessageAsync()).ShouldBe(ledger, suite, session.Run, "result");
        }

        await fast.PingAsync();
        (await slow.EndAsync()).ShouldBeNull("It was cut off without a word.");
    }

    [Fact]
    public async Task Who_does_not_read_answers_is_closed()
    {
        await using var client = await MqttTestClient.OpenAsync(ledger.Address, receiveBuffer: 4_096);
        await client.SendAsync(Packets.Connect(ledger.AccountId.ToString(), ledger.ApiKey));
        byte[] pings = [.. Enumerable.Repeat((byte[])[0xc0, 0], 20_000).SelectMany(ping => ping)];

        await Should.ThrowAsync<WebSocketException>(async () =>
        {
            while (true)
            {
                await client.SendAsync(pings);
            }
        });
    }
}
