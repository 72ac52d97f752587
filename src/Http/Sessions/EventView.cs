using System.Text.Json;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Http.Sessions;

/// <summary>An event as readers see it (http.md).</summary>
/// <param name="Position">Its place in the global order.</param>
/// <param name="Version">Its place in the session's stream.</param>
/// <param name="Type">Its name, such as <c>cancel_requested</c>.</param>
/// <param name="Timestamp">When it was recorded.</param>
/// <param name="Actor">Who caused it; null for a queued run that ended with its cancel.</param>
/// <param name="Data">The event itself, without the values of secret variables.</param>
public sealed record EventView(long Position, long Version, string Type, DateTimeOffset Timestamp, Actor? Actor, JsonElement Data)
{
    public static EventView Of(RecordedEvent recorded) => new(
        recorded.Position,
        recorded.Version,
        recorded.Type,
        recorded.Timestamp,
        ActorOf(recorded.Data),
        SecretVariables.Masked(recorded.Data, JsonSerializer.SerializeToElement(recorded.Data, EventTypes.For(recorded.Data).Json)));

    private static Actor? ActorOf(ISessionEvent data) => data switch
    {
        SessionTriggered e => e.Actor,
        CancelRequested e => e.Actor,
        CancelRefused e => e.Actor,
        RunClaimed e => Runner(e.RunnerId),
        RunStarted e => Runner(e.RunnerId),
        CancelDelivered => Actor.Signals,
        CancelAcknowledged e => Runner(e.RunnerId),
        RunAborted { RunnerId: { } runner } => Runner(runner),
        RunAborted => null,
        ResultReported e => Runner(e.RunnerId),
        LateReport e => Runner(e.RunnerId),
        CancelExpired or RunTimedOut or RunLost => Actor.Deadlines,
        _ => throw new ArgumentOutOfRangeException(nameof(data), data.GetType().Name, "An event without an actor rule."),
    };

    private static Actor Runner(string id) => new(ActorKind.Runner, id);
}
