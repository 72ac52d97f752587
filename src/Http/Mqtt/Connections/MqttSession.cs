using Ledger.Http.Mqtt.Packets;
using Ledger.Http.Mqtt.Topics;

namespace Ledger.Http.Mqtt.Connections;

/// <summary>A client that is connected: its subscriptions, and the answers to its packets (MQTT 3.1.1, chapters 3 and 4).</summary>
public sealed class MqttSession(IMqttClient client, Outbox outbox) : IDisposable
{
    /// <summary>The most filters at once; further ones are refused.</summary>
    public const int MaximumSubscriptions = 16;

    private readonly Dictionary<string, IDisposable> subscriptions = new(StringComparer.Ordinal);

    /// <summary>Who it is.</summary>
    public IMqttClient Client => client;

    /// <summary>Does what a packet asks for.</summary>
    /// <exception cref="MalformedPacketException">It was not the client's turn to send this.</exception>
    public void Handle(ClientPacket packet)
    {
        switch (packet)
        {
            case SubscribePacket subscribe:
                Subscribe(subscribe);
                break;
            case UnsubscribePacket unsubscribe:
                Unsubscribe(unsubscribe);
                break;
            case PingRequestPacket:
                outbox.Offer(PacketWriter.PingResponse);
                break;

            // Clients have nothing to say here. To acknowledge is the one way to tell them so without closing (MQTT-3.3.5-2).
            case PublishPacket { QualityOfService: 0 }:
                break;
            case PublishPacket { QualityOfService: 1 } publish:
                outbox.Offer(PacketWriter.Acknowledgement(PacketType.PublishAcknowledgement, publish.PacketId));
                break;
            case PublishPacket publish:
                outbox.Offer(PacketWriter.Acknowledgement(PacketType.PublishReceived, publish.PacketId));
                break;
            case PublishReleasePacket release:
                outbox.Offer(PacketWriter.Acknowledgement(PacketType.PublishComplete, release.PacketId));
                break;
            default:
                throw new MalformedPacketException($"{packet.GetType().Name} out of turn (MQTT-3.1.0-2).");
        }
    }

    /// <summary>Ends all subscriptions.</summary>
    public void Dispose()
    {
        foreach (var subscription in subscriptions.Values)
        {
            subscription.Dispose();
        }

        subscriptions.Clear();
    }

    private void Subscribe(SubscribePacket packet)
    {
        var grants = new Dictionary<string, Func<Outbox, IDisposable>>(StringComparer.Ordinal);
        var codes = packet.Filters.Select(filter => IsGranted(filter) ? PacketWriter.SubscriptionGranted : PacketWriter.SubscriptionRefused);
        outbox.Offer(PacketWriter.SubscribeAcknowledgement(packet.PacketId, [.. codes]));
        foreach (var (filter, begin) in grants)
        {
            // The same filter again takes the place of the one before, and begins anew (MQTT-3.8.4-3).
            End(filter);
            subscriptions.Add(filter, begin(outbox));
        }

        bool IsGranted(TopicFilter filter)
        {
            var isKnown = subscriptions.ContainsKey(filter.Text) || grants.ContainsKey(filter.Text);
            var isRoom = isKnown || subscriptions.Keys.Union(grants.Keys).Count() < MaximumSubscriptions;
            if (!isRoom || client.Grant(filter) is not { } begin)
            {
                return false;
            }

            grants[filter.Text] = begin;
            return true;
        }
    }

    private void Unsubscribe(UnsubscribePacket packet)
    {
        foreach (var filter in packet.Filters)
        {
            End(filter);
        }

        outbox.Offer(PacketWriter.Acknowledgement(PacketType.UnsubscribeAcknowledgement, packet.PacketId));
    }

    private void End(string filter)
    {
        if (subscriptions.Remove(filter, out var subscription))
        {
            subscription.Dispose();
        }
    }
}
