using System.Runtime.CompilerServices;
using System.Text.Json;
using Ledger.Serialization;
using NpgsqlTypes;

namespace Ledger.Store;

/// <summary>
/// The log of all events, as prepared statements on Marten's tables. Positions are unique and grow, but have gaps, and become visible out of
/// order: only Marten's daemon follows it.
/// </summary>
/// <param name="dataSource">The database.</param>
public sealed class EventLog(NpgsqlDataSource dataSource)
{
    private const string Columns = $"e.data, {FurtherColumns}";

    private const string FurtherColumns =
        "e.seq_id, e.id, e.tenant_id, e.stream_id, e.version, e.type, e.user_name, e.correlation_id, e.causation_id";

    private const string StreamSql =
        $"select {Columns} from ledger.mt_events e where e.tenant_id = $1 and e.stream_id = $2 and e.version > $3 order by e.version limit 2000";

    private const string SpecSql = "select spec from ledger.run_specs where tenant_id = $1 and stream_id = $2 and ordinal = $3";

    // The inner order keeps the planner on one index scan per stream, whatever it thinks of the sizes.
    private const string StreamsSql = $"""
        select e.* from unnest($1, $2, $3) with ordinality as s(account, stream, after, n)
        cross join lateral (
          select {Columns} from ledger.mt_events e
          where e.tenant_id = s.account::text and e.stream_id = s.stream and e.version > s.after
          order by e.version
        ) e
        order by s.n, e.version limit 2000
        """;

    private const string FinalReportsSql = $"""
        select {Columns} from ledger.mt_events e
        where e.tenant_id = $1 and e.stream_id = any($2) and e.type = 'result_reported' and (e.data ->> 'settles')::boolean
        """;

    // Of the first event only the runs that are asked for; what is in an event is looked at in those streams alone where it has to be.
    private const string ResultsSql = $"""
        select e.* from unnest($2, $3) as s(stream, whole)
        cross join lateral (
          select
            case when e.version > 1 then e.data else jsonb_set(e.data, array['runs'], (
              select coalesce(jsonb_agg(r), '[]') from jsonb_array_elements(e.data -> 'runs') r where r ->> 'sequenceId' = any($4))) end,
            {FurtherColumns}
          from ledger.mt_events e
          where e.tenant_id = $1 and e.stream_id = s.stream
            and (e.version = 1 or e.seq_id = any($5)
              or (s.whole and (e.data ->> 'sequenceId' = any($6) or e.data -> 'targets' ?| $6)))
        ) e
        order by e.stream_id, e.version
        """;

    // A tombstone is Marten's mark of an append that failed; it is nobody's fact.
    private const string AllSql =
        $"select {Columns} from ledger.mt_events e where e.seq_id > $1 and e.type <> 'tombstone' order by e.seq_id limit $2";

    private const string PageSql =
        $"select {Columns} from ledger.mt_events e where e.seq_id > $1 and e.seq_id <= $2 and e.type <> 'tombstone' order by e.seq_id";

    private const string PageOfTypesSql =
        $"select {Columns} from ledger.mt_events e where e.seq_id > $1 and e.seq_id <= $2 and e.type = any($3) order by e.seq_id";

    // The JSON of one page; in memory its events take about four times as much.
    private const long LargestPage = 16 * 1024 * 1024;
    private const int MostEvents = 2_000; // As in the statements.

    private const string HeadSql = "select coalesce(max(seq_id), 0) from ledger.mt_events";

    private const string FindSql = "select version from ledger.mt_events where tenant_id = $1 and stream_id = $2 and id = $3";

    /// <summary>
    /// The events of one stream after a version, in order; empty when there are none. They are read in pages, so that the memory of who takes
    /// them one by one is bounded.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="afterVersion">0 for the whole stream.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public IAsyncEnumerable<RecordedEvent> StreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation) =>
        StreamsAsync([(stream, afterVersion)], cancellation);

    /// <summary>All of them at once.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation) =>
        await StreamAsync(stream, afterVersion, cancellation).ToListAsync(cancellation);

    /// <summary>
    /// The events of several streams, each after a version of its own, ordered by stream, then version. One round trip, unless there are so
    /// many that they come in pages.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async IAsyncEnumerable<RecordedEvent> StreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (streams.Count > 0)
        {
            var (events, isLast) = await ReadStreamsPageAsync(streams, cancellation);
            foreach (var recorded in events)
            {
                yield return recorded;
            }

            if (isLast)
            {
                yield break;
            }

            var last = events[^1];
            streams = [(last.Stream, last.Version), .. streams.SkipWhile(asked => asked.Stream != last.Stream).Skip(1)];
        }
    }

    /// <summary>The first events of one stream after a version, and whether they are all there are.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<(IReadOnlyList<RecordedEvent> Events, bool IsLast)> ReadStreamPageAsync(
        StreamId stream, long afterVersion, CancellationToken cancellation) => ReadStreamsPageAsync([(stream, afterVersion)], cancellation);

    private Task<(IReadOnlyList<RecordedEvent> Events, bool IsLast)> ReadStreamsPageAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation) => streams is [var (stream, after)]
        ? QueryAsync(
            StreamSql,
            [
                new NpgsqlParameter<string> { TypedValue = stream.AccountId.ToString(), NpgsqlDbType = NpgsqlDbType.Varchar },
                new NpgsqlParameter<Guid> { TypedValue = stream.SessionId },
                new NpgsqlParameter<long> { TypedValue = after },
            ],
            ReadBoundedAsync,
            cancellation)
        : QueryAsync(
            StreamsSql,
            [
                new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(asked => asked.Stream.AccountId)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(asked => asked.Stream.SessionId)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. streams.Select(asked => asked.AfterVersion)] },
            ],
            ReadBoundedAsync,
            cancellation);

    /// <summary>The reports that settled runs of some sessions, each handed on by itself and not kept, in no order.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task ReadFinalReportsAsync(
        Guid accountId, IReadOnlyCollection<Guid> sessions, Action<StreamId, ResultReported> read, CancellationToken cancellation) => QueryAsync(
        FinalReportsSql,
        [
            new NpgsqlParameter<string> { TypedValue = accountId.ToString(), NpgsqlDbType = NpgsqlDbType.Varchar },
            new NpgsqlParameter<Guid[]> { TypedValue = [.. sessions] },
        ],
        async (reader, ending) =>
        {
            var count = 0;
            for (; await reader.ReadAsync(ending); count++)
            {
                var recorded = ReadEvent(reader, reader.GetFieldValue<byte[]>(0));
                read(recorded.Stream, (ResultReported)recorded.Data);
            }

            return count;
        },
        cancellation);

    /// <summary>
    /// The events that some results of runs are told from, ordered by stream, then version, so that they fold to the sessions with these runs
    /// alone: of each session its first event; of a result that a report brought that report; of any other result all events of its run.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<RecordedEvent>> ReadResultsAsync(
        Guid accountId, IReadOnlyCollection<ResultPlace> results, CancellationToken cancellation)
    {
        var sessions = results.ToLookup(result => result.SessionId, result => result.IsReport);
        return QueryAsync(
            ResultsSql,
            [
                new NpgsqlParameter<string> { TypedValue = accountId.ToString(), NpgsqlDbType = NpgsqlDbType.Varchar },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. sessions.Select(session => session.Key)] },
                new NpgsqlParameter<bool[]> { TypedValue = [.. sessions.Select(session => session.Contains(false))] },
                new NpgsqlParameter<string[]> { TypedValue = [.. results.Select(result => result.SequenceId.ToString())] },
                new NpgsqlParameter<long[]> { TypedValue = [.. results.Select(result => result.Position)] },
                new NpgsqlParameter<string[]>
                {
                    TypedValue = [.. results.Where(result => !result.IsReport).Select(result => result.SequenceId.ToString())],
                },
            ],
            ReadEventsAsync,
            cancellation);
    }

    /// <summary>What the run at a place in a session is to execute, where that is kept apart; null for nothing.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<JsonElement?> ReadSpecAsync(StreamId stream, int ordinal, CancellationToken cancellation) => QueryAsync<JsonElement?>(
        SpecSql,
        [
            new NpgsqlParameter<string> { TypedValue = stream.AccountId.ToString(), NpgsqlDbType = NpgsqlDbType.Varchar },
            new NpgsqlParameter<Guid> { TypedValue = stream.SessionId },
            new NpgsqlParameter<int> { TypedValue = ordinal },
        ],
        static async (reader, ending) => await reader.ReadAsync(ending) ? LargeSpec.Read(reader.GetFieldValue<byte[]>(0)) : null,
        cancellation);

    /// <summary>All events of all accounts after a position, in the global order, at most <paramref name="limit"/>.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation) =>
        QueryAsync<IReadOnlyList<RecordedEvent>>(
            AllSql,
            [new NpgsqlParameter<long> { TypedValue = afterPosition }, new NpgsqlParameter<int> { TypedValue = limit }],
            ReadEventsAsync,
            cancellation);

    /// <summary>
    /// The events of some types within a range of positions, in the global order. A page ends early when its events are large, so that
    /// the memory of who reads in large pages is bounded; it always comes further than <paramref name="after"/>. What cannot be read stands apart:
    /// who reads pages says what is to become of it.
    /// </summary>
    /// <param name="after">The positions above this one,</param>
    /// <param name="through">up to and including this one, which is not beyond the safe head and more than <paramref name="after"/>.</param>
    /// <param name="types">The stored aliases; null for all. Events of other types are neither sent nor read.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<EventPage> ReadPageAsync(
        long after, long through, IReadOnlyCollection<string>? types, CancellationToken cancellation) =>
        QueryAsync(
            types is null ? PageSql : PageOfTypesSql,
            [
                new NpgsqlParameter<long> { TypedValue = after },
                new NpgsqlParameter<long> { TypedValue = through },
                .. types is null ? Array.Empty<NpgsqlParameter>() : [new NpgsqlParameter<string[]> { TypedValue = [.. types] }],
            ],
            (reader, ending) => ReadPageAsync(reader, after, through, ending),
            cancellation);

    /// <summary>The position of the last event that is committed; 0 when there is none. Others below it may still appear.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<long> ReadHeadAsync(CancellationToken cancellation) =>
        QueryAsync(
            HeadSql,
            [],
            static async (reader, ending) => await reader.ReadAsync(ending) ? reader.GetInt64(0) : 0,
            cancellation);

    /// <summary>Whether an event stands in a stream: how a writer learns what became of a commit whose answer was lost.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<bool> ContainsAsync(StreamId stream, Guid eventId, CancellationToken cancellation) =>
        QueryAsync(
            FindSql,
            [
                new NpgsqlParameter<string> { TypedValue = stream.AccountId.ToString(), NpgsqlDbType = NpgsqlDbType.Varchar },
                new NpgsqlParameter<Guid> { TypedValue = stream.SessionId },
                new NpgsqlParameter<Guid> { TypedValue = eventId },
            ],
            static (reader, ending) => reader.ReadAsync(ending),
            cancellation);

    private static async Task<IReadOnlyList<RecordedEvent>> ReadEventsAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var events = new List<RecordedEvent>();
        while (await reader.ReadAsync(cancellation))
        {
            events.Add(ReadEvent(reader, reader.GetFieldValue<byte[]>(0)));
        }

        return events;
    }

    private static async Task<(IReadOnlyList<RecordedEvent> Events, bool IsLast)> ReadBoundedAsync(
        NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var events = new List<RecordedEvent>();
        for (var size = 0L; await reader.ReadAsync(cancellation);)
        {
            var data = reader.GetFieldValue<byte[]>(0);
            events.Add(ReadEvent(reader, data));
            size += data.Length;
            if (size > LargestPage)
            {
                return (events, false);
            }
        }

        return (events, events.Count < MostEvents);
    }

    private static async Task<EventPage> ReadPageAsync(NpgsqlDataReader reader, long after, long through, CancellationToken cancellation)
    {
        var (events, unreadable) = (new List<RecordedEvent>(), new List<UnreadableEvent>());
        for (var size = 0L; await reader.ReadAsync(cancellation);)
        {
            var data = reader.GetFieldValue<byte[]>(0);
            try
            {
                events.Add(ReadEvent(reader, data));
            }
            catch (UnreadableEventException fault)
            {
                unreadable.Add(new UnreadableEvent(reader.GetInt64(1), reader.GetString(6), fault));
            }

            size += data.Length;
            if (size > LargestPage)
            {
                return new EventPage(after, events, reader.GetInt64(1)) { Unreadable = unreadable };
            }
        }

        return new EventPage(after, events, through) { Unreadable = unreadable };
    }

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
                new(Text(row, 7), Text(row, 8), Text(row, 9)));
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
                var found = await read(reader, cancellation);
                if (await reader.ReadAsync(cancellation))
                {
                    command.Cancel(); // The rest is not wanted: all of it would still be sent otherwise, however large it is.
                }

                return found;
            }
            catch (Exception outage) when (!cancellation.IsCancellationRequested && Outage.IsUnlessCancelled(outage) && !repeated)
            {
                // Once more; parameters belong to one command at a time.
                parameters = [.. parameters.Select(parameter => parameter.Clone())];
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested && (error is PostgresException || Outage.IsUnlessCancelled(error)))
            {
                throw Outage.ForCaller(error);
            }
        }
    }
}
