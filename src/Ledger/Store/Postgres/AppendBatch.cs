using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Store.Postgres;

/// <summary>The call of <c>ledger.append_events</c>: parallel arrays, filled anew for every batch and bound once.</summary>
internal sealed class AppendBatch : IDisposable
{
    private readonly List<int> appendUnit = [];
    private readonly List<Guid> appendAccount = [];
    private readonly List<Guid> appendStream = [];
    private readonly List<long> appendExpected = [];
    private readonly List<int> appendCount = [];
    private readonly List<DateTime> appendFirstAt = [];
    private readonly List<DateTime> appendLastAt = [];
    private readonly List<int> eventAppend = [];
    private readonly List<long> eventVersion = [];
    private readonly List<Guid> eventId = [];
    private readonly List<string> eventType = [];
    private readonly List<string> eventDotNetType = [];
    private readonly List<byte[]> eventData = [];
    private readonly List<DateTime> eventAt = [];
    private readonly List<string?> eventUserName = [];
    private readonly List<string?> eventCorrelation = [];
    private readonly List<string?> eventCausation = [];
    private readonly List<int> answerUnit = [];
    private readonly List<Guid> answerAccount = [];
    private readonly List<string> answerScope = [];
    private readonly List<string> answerKey = [];
    private readonly List<string> answerFingerprint = [];
    private readonly List<string> answerAnswer = [];
    private readonly List<DateTime> answerAt = [];
    private readonly NpgsqlCommand command;

    /// <summary>The call on one connection.</summary>
    /// <param name="connection">The writer's connection.</param>
    /// <param name="timeout">How long the database may take.</param>
    public AppendBatch(NpgsqlConnection connection, TimeSpan timeout)
    {
        command = new NpgsqlCommand { Connection = connection, CommandTimeout = Math.Max(1, (int)timeout.TotalSeconds) };
        Bind(appendUnit, NpgsqlDbType.Integer);
        Bind(appendAccount, NpgsqlDbType.Uuid);
        Bind(appendStream, NpgsqlDbType.Uuid);
        Bind(appendExpected, NpgsqlDbType.Bigint);
        Bind(appendCount, NpgsqlDbType.Integer);
        Bind(appendFirstAt, NpgsqlDbType.TimestampTz);
        Bind(appendLastAt, NpgsqlDbType.TimestampTz);
        Bind(eventAppend, NpgsqlDbType.Integer);
        Bind(eventVersion, NpgsqlDbType.Bigint);
        Bind(eventId, NpgsqlDbType.Uuid);
        Bind(eventType, NpgsqlDbType.Text);
        Bind(eventDotNetType, NpgsqlDbType.Text);
        Bind(eventData, NpgsqlDbType.Jsonb);
        Bind(eventAt, NpgsqlDbType.TimestampTz);
        Bind(eventUserName, NpgsqlDbType.Text);
        Bind(eventCorrelation, NpgsqlDbType.Text);
        Bind(eventCausation, NpgsqlDbType.Text);
        Bind(answerUnit, NpgsqlDbType.Integer);
        Bind(answerAccount, NpgsqlDbType.Uuid);
        Bind(answerScope, NpgsqlDbType.Text);
        Bind(answerKey, NpgsqlDbType.Text);
        Bind(answerFingerprint, NpgsqlDbType.Text);
        Bind(answerAnswer, NpgsqlDbType.Json);
        Bind(answerAt, NpgsqlDbType.TimestampTz);
        command.CommandText =
            $"select * from ledger.append_events({string.Join(", ", Enumerable.Range(1, command.Parameters.Count).Select(n => $"${n}"))})";
    }

    public void Dispose() => command.Dispose();

    /// <summary>Has the server parse the call once.</summary>
    public Task PrepareAsync(CancellationToken cancellation) => command.PrepareAsync(cancellation);

    /// <summary>Writes the units in one round trip, which ends after the commit.</summary>
    public async Task<BatchVerdict> WriteAsync(IReadOnlyList<PendingUnit> units)
    {
        Clear();
        for (var unit = 0; unit < units.Count; unit++)
        {
            Add(units[unit], unit + 1);
        }

        // Not cancellable: once it is sent, only the answer or the loss of the connection ends the wait.
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow);
        await reader.ReadAsync();
        var verdict = new BatchVerdict(
            reader.GetInt64(0), reader.GetFieldValue<int[]>(1).ToHashSet(), reader.GetFieldValue<int[]>(2).ToHashSet());

        // The answer precedes the commit: an error of the commit shows only at the end.
        await reader.CloseAsync();
        return verdict;
    }

    private void Add(PendingUnit pending, int number)
    {
        var next = 0;
        foreach (var append in pending.Unit.Appends)
        {
            appendUnit.Add(number);
            appendAccount.Add(append.Stream.AccountId);
            appendStream.Add(append.Stream.SessionId);
            appendExpected.Add(append.ExpectedVersion);
            appendCount.Add(append.Events.Count);
            appendFirstAt.Add(pending.Events[next].At);
            for (var version = append.ExpectedVersion + 1; version <= append.ExpectedVersion + append.Events.Count; version++)
            {
                Add(pending.Events[next++], appendUnit.Count, version);
            }

            appendLastAt.Add(pending.Events[next - 1].At);
        }

        foreach (var answer in pending.Unit.Answers)
        {
            answerUnit.Add(number);
            answerAccount.Add(answer.AccountId);
            answerScope.Add(answer.Scope);
            answerKey.Add(answer.Key);
            answerFingerprint.Add(answer.Fingerprint);
            answerAnswer.Add(answer.Answer);
            answerAt.Add(answer.At.UtcDateTime);
        }
    }

    private void Add(EncodedEvent added, int append, long version)
    {
        eventAppend.Add(append);
        eventVersion.Add(version);
        eventId.Add(added.Id);
        eventType.Add(added.Type.Alias);
        eventDotNetType.Add(added.Type.DotNetType);
        eventData.Add(added.Data);
        eventAt.Add(added.At);
        eventUserName.Add(added.Context.UserName);
        eventCorrelation.Add(added.Context.CorrelationId);
        eventCausation.Add(added.Context.CausationId);
    }

    private void Clear()
    {
        foreach (NpgsqlParameter parameter in command.Parameters)
        {
            ((System.Collections.IList)parameter.Value!).Clear();
        }
    }

    private void Bind<T>(List<T> values, NpgsqlDbType element) =>
        command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | element });
}

/// <summary>What the database says about a batch; units are numbered from 1.</summary>
/// <param name="Head">The position of the last event; the events of the accepted units lead up to it in order.</param>
/// <param name="Conflicting">Units with a stream that is not at the expected version.</param>
/// <param name="Answered">Units with a key that is taken.</param>
internal sealed record BatchVerdict(long Head, IReadOnlySet<int> Conflicting, IReadOnlySet<int> Answered)
{
    /// <summary>Why a unit was refused, or null if it was written.</summary>
    public AppendOutcome? Refusal(int unit) =>
        Answered.Contains(unit) ? AppendOutcome.AnswerTaken
        : Conflicting.Contains(unit) ? AppendOutcome.Conflict
        : null;
}
