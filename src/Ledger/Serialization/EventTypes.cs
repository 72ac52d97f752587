using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JasperFx.Events;

namespace Ledger.Serialization;

/// <summary>How each event is stored: under Marten's name for its record, as <see cref="EventJson"/> writes it.</summary>
public static class EventTypes
{
    private static readonly FrozenDictionary<Type, EventType> ByType = typeof(ISessionEvent).Assembly.GetTypes()
        .Where(type => type.IsClass && type.IsAssignableTo(typeof(ISessionEvent)))
        .Select(EventType.Of)
        .ToFrozenDictionary(type => type.Type);

    private static readonly FrozenDictionary<string, EventType> ByAlias = ByType.Values.ToFrozenDictionary(type => type.Alias);

    /// <summary>The records of all events.</summary>
    public static IReadOnlyCollection<Type> Known => ByType.Keys;

    /// <summary>The records of all events of a kind, such as <see cref="ISettlesRun"/>.</summary>
    public static IEnumerable<Type> That<T>()
        where T : ISessionEvent => Known.Where(type => type.IsAssignableTo(typeof(T)));

    /// <summary>How an event is stored.</summary>
    public static EventType For(ISessionEvent data) => ByType[data.GetType()];

    /// <summary>The stored name of events of a type.</summary>
    /// <exception cref="ArgumentException">The type is no event's.</exception>
    public static string AliasOf(Type type) =>
        ByType.TryGetValue(type, out var found) ? found.Alias : throw new ArgumentException($"{type} is no event.", nameof(type));

    /// <summary>The record of events that are stored under an alias; null for one that this version does not know.</summary>
    public static Type? RecordOf(string alias) => ByAlias.TryGetValue(alias, out var found) ? found.Type : null;

    /// <summary>The event type behind a stored alias; false for one that this version does not know.</summary>
    public static bool TryFind(string alias, out EventType type) => ByAlias.TryGetValue(alias, out type);
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

    internal static EventType Of(Type type) => new(
        type.GetEventTypeName(),
        type,
        $"{type.FullName}, {type.Assembly.GetName().Name}",
        EventJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{nameof(EventJson)} does not write {type.Name}."));
}
