using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Tests.Store;

/// <summary>Events and units whose content does not matter, only that it can be told apart.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Time = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);

    public static StreamId Stream() => new(Guid.NewGuid(), Guid.NewGuid());

    public static NewEvent Event(string runner = "runner") =>
        new(Guid.NewGuid(), new RunClaimed(Guid.NewGuid(), runner, 30, Time), new("somebody", "trace", "span"));

    public static AppendUnit Unit(StreamId stream, long expected, int events = 1) => new(Append(stream, expected, events));

    public static StreamAppend Append(StreamId stream, long expected, int events = 1) =>
        new(stream, expected, [.. Enumerable.Range(0, events).Select(_ => Event())]);

    public static AppendUnit Answered(StreamId stream, long expected, RememberedAnswer answer) => new([Append(stream, expected)], [answer]);

    public static RememberedAnswer Answer(Guid account, string key, string answer = """{"b": 1,  "a": 2}""") =>
        new(account, key, "scope", "fingerprint", answer, Time);

    /// <summary>A unit whose event holds metadata as a client sent it.</summary>
    public static AppendUnit Opaque(StreamId stream, string metadata) =>
        new(new StreamAppend(stream, 0, [new(Guid.NewGuid(), Triggered(stream, JsonDocument.Parse(metadata).RootElement), EventContext.None)]));

    private static SessionTriggered Triggered(StreamId stream, JsonElement metadata) => new(
        stream.SessionId,
        stream.AccountId,
        SessionKind.Test,
        null,
        "name",
        SessionSource.TriggerApi,
        new Actor(ActorKind.User, "id"),
        null,
        default,
        metadata,
        [],
        Time);
}
