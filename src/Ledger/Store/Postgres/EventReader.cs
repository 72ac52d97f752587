using System.Text.Json;
using Ledger.Serialization;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Store.Postgres;

/// <summary>The port's reads, as prepared statements on pooled connections.</summary>
internal sealed class EventReader(NpgsqlDataSource dataSource)
{
    private const string Columns =
        "e.data, e.seq_id, e.id, e.tenant_id, e.stream_id, e.version, e.type, e.timestamp, e.user_name, e.correlation_id, e.causation_id";

    private const string StreamSql =
        $"select {Columns} from ledger.mt_events e where e.tenant_id = $1 and e.stream_id = $2 and e.version > $3 order by e.version";

    // The inner order keeps the planner on one index scan per stream, whatever it thinks of the sizes.
    private const string StreamsSql = $"""
        select e.* from unnest($1, $2, $3) with ordinality as s(account, stream, after, n)
        cross join lateral (
          select {Columns} from ledger.mt_events e
          where e.tenant_id = s.account::text and e.stream_id = s.stream and e.version > s.after
          order by e.version
        ) e
        order by s.n, e.version
        """;

    private const string AllSql = $"select {Columns} from ledger.mt_events e where e.seq_id > $1 order by e.seq_id limit $2";

    private const string PageSql =
        $"select {Columns} from ledger.mt_events e where e.seq_id > $1 and e.seq_id <= $2 order by e.seq_id";

    private const string PageOfTypesSql =
        $"select {Columns} from ledger.mt_events e where e.seq_id > $1 and e.seq_id <= $2 and e.type = any($3) order by e.seq_id";

    // The JSON of one page; in memory its events take about four times as much.
    private const long LargestPage = 16 * 1024 * 1024;

    private const string HeadSql = "select position from ledger.head";

    private const string AnswerSql =
        "select fingerprint, answer, at from ledger.idempotent_answers where account_id = $1 and scope = $2 and key = $3";

    public Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation) =>
        QueryAsync<IReadOnlyList<RecordedEvent>>(
            StreamSql,
            [
                new NpgsqlParameter<string> { TypedValue = stream.AccountId.ToString(), NpgsqlDbType = NpgsqlDbType.Varchar },
                new NpgsqlParameter<Guid> { TypedValue = stream.SessionId },
                new NpgsqlParameter<long> { TypedValue = afterVersion },
            ],
            ReadEventsAsync,
            cancellation);

    public Task<IReadOnlyList<RecordedEvent>> ReadStreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation) =>
        QueryAsync<IReadOnlyList<RecordedEvent>>(
            StreamsSql,
            [
                new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(asked => asked.Stream.AccountId)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(asked => asked.Stream.SessionId)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. streams.Select(asked => asked.AfterVersion)] },
            ],
            ReadEventsAsync,
            cancellation);

    public Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation) =>
        QueryAsync<IReadOnlyList<RecordedEvent>>(
            AllSql,
            [new NpgsqlParameter<long> { TypedValue = afterPosition }, new NpgsqlParameter<int> { TypedValue = limit }],
            ReadEventsAsync,
            cancellation);

    public Task<EventPage> ReadPageAsync(
        long after, long through, IReadOnlyCollection<string>? types, CancellationToken cancellation) =>
        QueryAsync(
            types is null ? PageSql : PageOfTypesSql,
            [
                new NpgsqlParameter<long> { TypedValue = after },
                new NpgsqlParameter<long> { TypedValue = through },
                .. types is null ? Array.Empty<NpgsqlParameter>() : [new NpgsqlParameter<string[]> { TypedValue = [.. types] }],
            ],
            (reader, ending) => ReadPageAsync(reader, through, ending),
            cancellation);

    public Task<long> ReadHeadAsync(CancellationToken cancellation) =>
        QueryAsync(
            HeadSql,
            [],
            async (reader, ending) => await reader.ReadAsync(ending)
                ? reader.GetInt64(0)
                : throw new StoreUnavailableException("The head row is missing: this is not a ledger's database."),
            cancellation);

    public Task<RememberedAnswer?> FindAnswerAsync(Guid accountId, string scope, string key, CancellationToken cancellation) =>
        QueryAsync(
            AnswerSql,
            [
                new NpgsqlParameter<Guid> { TypedValue = accountId },
                new NpgsqlParameter<string> { TypedValue = scope },
                new NpgsqlParameter<string> { TypedValue = key },
            ],
            async (reader, ending) => await reader.ReadAsync(ending)
                ? new RememberedAnswer(
                    accountId, key, scope, reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2))
                : null,
            cancellation);

    private static async Task<IReadOnlyList<RecordedEvent>> ReadEventsAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var events = new List<RecordedEvent>();
        while (await reader.ReadAsync(cancellation))
        {
            events.Add(ReadEvent(reader));
        }

        return events;
    }

    private static async Task<EventPage> ReadPageAsync(NpgsqlDataReader reader, long through, CancellationToken cancellation)
    {
        var events = new List<RecordedEvent>();
        for (var size = 0L; await reader.ReadAsync(cancellation);)
        {
            var data = reader.GetFieldValue<byte[]>(0);
            events.Add(ReadEvent(reader, data));
            size += data.Length;
            if (size > LargestPage)
            {
                return new EventPage(events, events[^1].Position);
            }
        }

        return new EventPage(events, through);
    }

    private static RecordedEvent ReadEvent(NpgsqlDataReader row) => ReadEvent(row, row.GetFieldValue<byte[]>(0));

    private static RecordedEvent ReadEvent(NpgsqlDataReader row, byte[] data)
    {
        var position = row.GetInt64(1);
        var alias = row.GetString(6);
        if (!EventTypes.TryFind(alias, out var type))
        {
            throw new UnreadableEventException($"The event at position {position} is a {alias}, which this version of the ledger does not know.");
        }

        try
        {
            return new(
                position,
                row.GetGuid(2),
                new(Guid.Parse(row.GetString(3)), row.GetGuid(4)),
                row.GetInt64(5),
                type.Read(data),
                type.Alias,
                row.GetFieldValue<DateTimeOffset>(7),
                new(Text(row, 8), Text(row, 9), Text(row, 10)));
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException)
        {
            throw new UnreadableEventException($"The event at position {position} is not a {alias} that can be read.", malformed);
        }
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    // A pooled connection that died while it was idle says nothing about the database: a read is repeated once, on another one.
    private async Task<T> QueryAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        for (var repeated = false; ; repeated = true)
        {
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(cancellation);
                await using var command = new NpgsqlCommand(sql, connection);
                command.Parameters.AddRange(parameters);
                await command.PrepareAsync(cancellation);
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                return await read(reader, cancellation);
            }
            catch (Exception outage) when (!cancellation.IsCancellationRequested && Failure.IsOutage(outage) && !repeated)
            {
                // Once more; parameters belong to one command at a time.
                parameters = [.. parameters.Select(parameter => parameter.Clone())];
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested && (error is PostgresException || Failure.IsOutage(error)))
            {
                throw Failure.ForCaller(error);
            }
        }
    }
}
