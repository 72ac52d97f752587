using Ledger.Http.Mqtt.Connections;
using Ledger.Http.Mqtt.Topics;

namespace Ledger.Http.Dialects.Checkly.Live;

/// <summary>One subscription to a suite.</summary>
/// <param name="filter">What of the suite is asked for.</param>
/// <param name="outbox">Where it is put.</param>
public sealed class SuiteSubscriber(TopicFilter filter, Outbox outbox)
{
    private readonly CancellationTokenSource left = new();

    /// <summary>Ends with the subscription.</summary>
    public CancellationToken Left => left.Token;

    /// <summary>Hands over a message if it is asked for; never blocks.</summary>
    public void Send(SuiteMessage message)
    {
        if (filter.Matches(message.Topic))
        {
            outbox.Offer(message.Packet);
        }
    }

    /// <summary>Hands over many, which are made while they are sent.</summary>
    public void Send(IEnumerable<SuiteMessage> messages) =>
        outbox.Offer(messages.Where(message => filter.Matches(message.Topic)).Select(message => message.Packet));

    /// <summary>Cuts the client off, since messages are missing: with its next subscription it finds everything.</summary>
    public void GiveUp() => outbox.GiveUp();

    /// <summary>Ends it.</summary>
    public void Leave() => left.Cancel();
}
