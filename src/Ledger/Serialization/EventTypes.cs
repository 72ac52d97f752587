using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ledger.Sessions.Events;

namespace Ledger.Serialization;

/// <summary>
/// The name under which each event is stored, in Marten's conventions: the alias is the snake case of the record's name, the .NET type is
/// <c>Namespace.Type, Assembly</c>.
/// </summary>
public static class EventTypes
{
    private static readonly EventType[] All =
    [
        Of("session_triggered", EventJson.Default.SessionTriggered),
        Of("run_claimed", EventJson.Default.RunClaimed),
        Of("run_started", EventJson.Default.RunStarted),
        Of("cancel_requested", EventJson.Default.CancelRequested),
        Of("cancel_refused", EventJson.Default.CancelRefused),
        Of("cancel_delivered", EventJson.Default.CancelDelivered),
        Of("cancel_acknowledged", EventJson.Default.CancelAcknowledged),
        Of("run_aborted", EventJson.Default.RunAborted),
        Of("result_reported", EventJson.Default.ResultReported),
        Of("cancel_expired", EventJson.Default.CancelExpired),
        Of("run_timed_out", EventJson.Default.RunTimedOut),
        Of("run_lost", EventJson.Default.RunLost),
        Of("late_report", EventJson.Default.LateReport),
    ];

    private static readonly FrozenDictionary<Type, EventType> ByType = All.ToFrozenDictionary(type => type.Type);
    private static readonly FrozenDictionary<string, EventType> ByAlias = All.ToFrozenDictionary(type => type.Alias);

    /// <summary>The records of all events.</summary>
    public static IReadOnlyCollection<Type> Known => ByType.Keys;

    /// <summary>The stored name of an event.</summary>
    public static EventType For(ISessionEvent data) => ByType[data.GetType()];

    /// <summary>The stored name of events of a type.</summary>
    /// <exception cref="ArgumentException">The type is no event's.</exception>
    public static string AliasOf(Type type) =>
        ByType.TryGetValue(type, out var found) ? found.Alias : throw new ArgumentException($"{type} is no event.", nameof(type));

    /// <summary>The event type behind a stored alias; false for one that this version does not know.</summary>
    public static bool TryFind(string alias, out EventType type)
    {
        if (ByAlias.TryGetValue(alias, out var found))
        {
            type = found;
            return true;
        }

        type = default;
        return false;
    }

    private static EventType Of<T>(string alias, JsonTypeInfo<T> json)
        where T : ISessionEvent => new(alias, typeof(T), $"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}", json);
}

/// <summary>How one type of event is stored.</summary>
/// <param name="Alias">Marten's event alias, such as <c>cancel_requested</c>.</param>
/// <param name="Type">The record.</param>
/// <param name="DotNetType"><c>Namespace.Type, Assembly</c>.</param>
/// <param name="Json">How it is written and read.</param>
public readonly record struct EventType(string Alias, Type Type, string DotNetType, JsonTypeInfo Json)
{
    /// <summary>The event as JSON text.</summary>
    public string Write(ISessionEvent data) => JsonSerializer.Serialize(data, Json);

    /// <summary>The event that stands in a JSON text.</summary>
    /// <exception cref="JsonException">The text is not such an event.</exception>
    public ISessionEvent Read(string json) => Read(System.Text.Encoding.UTF8.GetBytes(json));

    /// <summary>The event that stands in a JSON text.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="JsonException">The text is not such an event.</exception>
    public ISessionEvent Read(ReadOnlySpan<byte> json) =>
        (ISessionEvent)(JsonSerializer.Deserialize(json, Json) ?? throw new JsonException($"An event of type {Alias} is null."));
}
