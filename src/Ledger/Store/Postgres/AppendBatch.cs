using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Store.Postgres;

/// <summary>The call of <c>ledger.append_events</c>: parallel arrays, filled anew for every batch and bound once.</summary>
internal sealed class AppendBatch : IDisposable
{
    private readonly List<int> _appendUnit = [];
    private readonly List<Guid> _appendAccount = [];
    private readonly List<Guid> _appendStream = [];
    private readonly List<long> _appendExpected = [];
    private readonly List<int> _appendCount = [];
    private readonly List<DateTime> _appendFirstAt = [];
    private readonly List<DateTime> _appendLastAt = [];
    private readonly List<int> _eventAppend = [];
    private readonly List<long> _eventVersion = [];
    private readonly List<Guid> _eventId = [];
    private readonly List<string> _eventType = [];
    private readonly List<string> _eventDotNetType = [];
    private readonly List<byte[]> _eventData = [];
    private readonly List<DateTime> _eventAt = [];
    private readonly List<string?> _eventUserName = [];
    private readonly List<string?> _eventCorrelation = [];
    private readonly List<string?> _eventCausation = [];
    private readonly List<int> _answerUnit = [];
    private readonly List<Guid> _answerAccount = [];
    private readonly List<string> _answerScope = [];
    private readonly List<string> _answerKey = [];
    private readonly List<string> _answerFingerprint = [];
    private readonly List<string> _answerAnswer = [];
    private readonly List<DateTime> _answerAt = [];
    private readonly NpgsqlCommand _command;

    /// <summary>The call on one connection.</summary>
    /// <param name="connection">The writer's connection.</param>
    /// <param name="timeout">How long the database may take.</param>
    public AppendBatch(NpgsqlConnection connection, TimeSpan timeout)
    {
        _command = new NpgsqlCommand { Connection = connection, CommandTimeout = Math.Max(1, (int)timeout.TotalSeconds) };
        Bind(_appendUnit, NpgsqlDbType.Integer);
        Bind(_appendAccount, NpgsqlDbType.Uuid);
        Bind(_appendStream, NpgsqlDbType.Uuid);
        Bind(_appendExpected, NpgsqlDbType.Bigint);
        Bind(_appendCount, NpgsqlDbType.Integer);
        Bind(_appendFirstAt, NpgsqlDbType.TimestampTz);
        Bind(_appendLastAt, NpgsqlDbType.TimestampTz);
        Bind(_eventAppend, NpgsqlDbType.Integer);
        Bind(_eventVersion, NpgsqlDbType.Bigint);
        Bind(_eventId, NpgsqlDbType.Uuid);
        Bind(_eventType, NpgsqlDbType.Text);
        Bind(_eventDotNetType, NpgsqlDbType.Text);
        Bind(_eventData, NpgsqlDbType.Jsonb);
        Bind(_eventAt, NpgsqlDbType.TimestampTz);
        Bind(_eventUserName, NpgsqlDbType.Text);
        Bind(_eventCorrelation, NpgsqlDbType.Text);
        Bind(_eventCausation, NpgsqlDbType.Text);
        Bind(_answerUnit, NpgsqlDbType.Integer);
        Bind(_answerAccount, NpgsqlDbType.Uuid);
        Bind(_answerScope, NpgsqlDbType.Text);
        Bind(_answerKey, NpgsqlDbType.Text);
        Bind(_answerFingerprint, NpgsqlDbType.Text);
        Bind(_answerAnswer, NpgsqlDbType.Json);
        Bind(_answerAt, NpgsqlDbType.TimestampTz);
        _command.CommandText =
            $"select * from ledger.append_events({string.Join(", ", Enumerable.Range(1, _command.Parameters.Count).Select(n => $"${n}"))})";
    }

    public void Dispose() => _command.Dispose();

    /// <summary>Has the server parse the call once.</summary>
    public Task PrepareAsync(CancellationToken cancellation) => _command.PrepareAsync(cancellation);

    /// <summary>Writes the units in one round trip, which ends after the commit.</summary>
    public async Task<BatchVerdict> WriteAsync(IReadOnlyList<PendingUnit> units)
    {
        Clear();
        for (var unit = 0; unit < units.Count; unit++)
        {
            Add(units[unit], unit + 1);
        }

        // Not cancellable: once it is sent, only the answer or the loss of the connection ends the wait.
        await using var reader = await _command.ExecuteReaderAsync(CommandBehavior.SingleRow);
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
            _appendUnit.Add(number);
            _appendAccount.Add(append.Stream.AccountId);
            _appendStream.Add(append.Stream.SessionId);
            _appendExpected.Add(append.ExpectedVersion);
            _appendCount.Add(append.Events.Count);
            _appendFirstAt.Add(pending.Events[next].At);
            for (var version = append.ExpectedVersion + 1; version <= append.ExpectedVersion + append.Events.Count; version++)
            {
                Add(pending.Events[next++], _appendUnit.Count, version);
            }

            _appendLastAt.Add(pending.Events[next - 1].At);
        }

        foreach (var answer in pending.Unit.Answers)
        {
            _answerUnit.Add(number);
            _answerAccount.Add(answer.AccountId);
            _answerScope.Add(answer.Scope);
            _answerKey.Add(answer.Key);
            _answerFingerprint.Add(answer.Fingerprint);
            _answerAnswer.Add(answer.Answer);
            _answerAt.Add(answer.At.UtcDateTime);
        }
    }

    private void Add(EncodedEvent added, int append, long version)
    {
        _eventAppend.Add(append);
        _eventVersion.Add(version);
        _eventId.Add(added.Id);
        _eventType.Add(added.Type.Alias);
        _eventDotNetType.Add(added.Type.DotNetType);
        _eventData.Add(added.Data);
        _eventAt.Add(added.At);
        _eventUserName.Add(added.Context.UserName);
        _eventCorrelation.Add(added.Context.CorrelationId);
        _eventCausation.Add(added.Context.CausationId);
    }

    private void Clear()
    {
        foreach (NpgsqlParameter parameter in _command.Parameters)
        {
            ((System.Collections.IList)parameter.Value!).Clear();
        }
    }

    private void Bind<T>(List<T> values, NpgsqlDbType element) =>
        _command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | element });
}

/// <summary>What the database says about a batch; units are numbered from 1.</summary>
/// <param name="Head">The position of the last event; the events of the accepted units lead up to it in order.</param>
/// <param name="Conflicting">Units with a stream that is archived or not at the expected version.</param>
/// <param name="Answered">Units with a key that is taken.</param>
internal sealed record BatchVerdict(long Head, IReadOnlySet<int> Conflicting, IReadOnlySet<int> Answered)
{
    /// <summary>Why a unit was refused, or null if it was written.</summary>
    public AppendOutcome? Refusal(int unit) =>
        Answered.Contains(unit) ? AppendOutcome.AnswerTaken
        : Conflicting.Contains(unit) ? AppendOutcome.Conflict
        : null;
}
