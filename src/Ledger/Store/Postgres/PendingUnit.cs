using System.Text;
using System.Text.Json;
using Ledger.Serialization;

namespace Ledger.Store.Postgres;

/// <summary>A unit on its way to the database: encoded already, by the caller's thread, and owed one outcome.</summary>
internal sealed class PendingUnit
{
    private readonly TaskCompletionSource<AppendOutcome> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken cancellation;

    /// <summary>Encodes a unit.</summary>
    /// <exception cref="ArgumentException">The unit is empty, or names a stream or a key twice.</exception>
    /// <exception cref="UnstorableEventException">A text that no database text can hold.</exception>
    public PendingUnit(AppendUnit unit, long enqueuedAt, CancellationToken cancellation)
    {
        this.cancellation = cancellation;
        Unit = unit;
        EnqueuedAt = enqueuedAt;
        RejectMalformed(unit);
        var events = new List<EncodedEvent>(unit.Appends.Sum(append => append.Events.Count));
        foreach (var added in unit.Appends.SelectMany(append => append.Events))
        {
            events.Add(EncodedEvent.From(added));
        }

        Events = events;
        Bytes = events.Sum(encoded => (long)encoded.Data.Length);
    }

    public AppendUnit Unit { get; }

    /// <summary>The events of all appends, one after the other.</summary>
    public IReadOnlyList<EncodedEvent> Events { get; }

    /// <summary>The size of the events' data.</summary>
    public long Bytes { get; }

    /// <summary>When the unit was handed in, as a timestamp of the store's clock.</summary>
    public long EnqueuedAt { get; }

    /// <summary>Whether an earlier try may have been committed although its answer was lost.</summary>
    public bool MayBeWritten { get; set; }

    public Task<AppendOutcome> Outcome => outcome.Task;

    /// <summary>The outcome when the unit's events stand in the store from a position on.</summary>
    public AppendOutcome AppendedAt(long position)
    {
        var positions = new long[Unit.Appends.Count];
        for (var append = 0; append < positions.Length; append++)
        {
            positions[append] = position;
            position += Unit.Appends[append].Events.Count;
        }

        return new(AppendVerdict.Appended, positions);
    }

    /// <summary>Adds the events as they stand in the store, the first of the list at a position.</summary>
    public void AddRecorded(List<RecordedEvent> recorded, long firstPosition)
    {
        var next = 0;
        foreach (var append in Unit.Appends)
        {
            for (var i = 0; i < append.Events.Count; i++)
            {
                var encoded = Events[next++];
                recorded.Add(new RecordedEvent(
                    firstPosition + recorded.Count,
                    encoded.Id,
                    append.Stream,
                    append.ExpectedVersion + 1 + i,
                    append.Events[i].Data,
                    encoded.Type.Alias,
                    new DateTimeOffset(encoded.At, TimeSpan.Zero),
                    encoded.Context));
            }
        }
    }

    public void Complete(AppendOutcome verdict) => outcome.TrySetResult(verdict);

    public void Fail(Exception reason) => outcome.TrySetException(reason);

    /// <summary>Whether the caller has gone before a writer took the unit; then nothing is written.</summary>
    public bool IsAbandoned()
    {
        if (!cancellation.IsCancellationRequested)
        {
            return false;
        }

        outcome.TrySetCanceled(cancellation);
        return true;
    }

    private static void RejectMalformed(AppendUnit unit)
    {
        if (unit.Appends.Count + unit.Answers.Count == 0 || unit.Appends.Any(append => append.Events.Count == 0))
        {
            throw new ArgumentException("A unit needs at least one append or answer, and each append at least one event.", nameof(unit));
        }

        if (unit.Appends.Any(append => append.ExpectedVersion < 0))
        {
            throw new ArgumentException("An expected version is 0 or more.", nameof(unit));
        }

        if (unit.Appends.Count > 1 && unit.Appends.DistinctBy(append => append.Stream).Count() < unit.Appends.Count)
        {
            throw new ArgumentException("A unit touches each stream at most once.", nameof(unit));
        }

        if (unit.Answers.Count > 1 && unit.Answers.DistinctBy(AnswerKey.Of).Count() < unit.Answers.Count)
        {
            throw new ArgumentException("A unit holds each idempotency key at most once.", nameof(unit));
        }

        foreach (var answer in unit.Answers)
        {
            StorableText.Require(answer.Scope);
            StorableText.Require(answer.Key);
            StorableText.Require(answer.Fingerprint);
            StorableText.Require(answer.Answer);
        }
    }
}

/// <summary>What makes a remembered answer unique.</summary>
internal readonly record struct AnswerKey(Guid AccountId, string Scope, string Key)
{
    public static AnswerKey Of(RememberedAnswer answer) => new(answer.AccountId, answer.Scope, answer.Key);
}

/// <summary>An event as the database takes it.</summary>
internal readonly record struct EncodedEvent(Guid Id, EventType Type, byte[] Data, DateTime At, EventContext Context)
{
    public static EncodedEvent From(NewEvent added)
    {
        StorableText.Require(added.Context.UserName);
        StorableText.Require(added.Context.CorrelationId);
        StorableText.Require(added.Context.CausationId);
        var type = EventTypes.For(added.Data);
        return new(added.Id, type, Write(added, type), added.Data.At.UtcDateTime, added.Context);
    }

    private static byte[] Write(NewEvent added, EventType type)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(added.Data, type.Json);
        }
        catch (JsonException malformed)
        {
            throw new UnstorableEventException($"An event of type {type.Alias} holds what JSON cannot.", malformed);
        }
    }
}

/// <summary>Texts that PostgreSQL can hold: well-formed Unicode without the character 0.</summary>
internal static class StorableText
{
    /// <summary>Refuses a text that the database would refuse, before it is on the wire.</summary>
    /// <exception cref="UnstorableEventException">It cannot be stored.</exception>
    public static void Require(string? text)
    {
        var rest = text.AsSpan();
        if (rest.Contains('\0'))
        {
            throw new UnstorableEventException("A text holds the character U+0000, which the database cannot store.");
        }

        while (rest.IndexOfAnyInRange('\ud800', '\udfff') is var at and >= 0)
        {
            if (Rune.DecodeFromUtf16(rest[at..], out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                throw new UnstorableEventException("A text holds half of a surrogate pair, which the database cannot store.");
            }

            rest = rest[(at + length)..];
        }
    }
}
