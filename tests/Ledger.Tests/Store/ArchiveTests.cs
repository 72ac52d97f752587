using Ledger.Store;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Tests.Store;

public sealed class ArchiveTests(StoreDatabase database) : IClassFixture<StoreDatabase>, IAsyncLifetime
{
    private readonly PostgresEventStore store = new(database.Source);
    private readonly StreamArchive archive = new(database.Source);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task An_archived_stream_is_read_as_before()
    {
        var (one, two) = (Some.Stream(), Some.Stream());
        await store.AppendAsync(Some.Unit(one, 0, events: 2), default);
        await store.AppendAsync(Some.Unit(two, 0, events: 2), default);
        await store.AppendAsync(Some.Unit(one, 2), default);
        var (stream, all) = (await store.ReadStreamAsync(one, 0, default), await store.ReadAllAsync(0, 1_000, default));
        var several = await store.ReadStreamsAsync([(two, 1), (one, 1)], default);

        (await archive.ArchiveAsync([(one, 3)], default)).ShouldBe(1);

        (await store.ReadStreamAsync(one, 0, default)).ShouldBe(stream);
        (await store.ReadAllAsync(0, 1_000, default)).ShouldBe(all);
        (await store.ReadStreamsAsync([(two, 1), (one, 1)], default)).ShouldBe(several);
        (await PartitionsOfAsync(one)).ShouldBe("mt_streams_archived,mt_events_archived");
        (await PartitionsOfAsync(two)).ShouldBe("mt_streams_default,mt_events_default");
    }

    [Fact]
    public async Task Events_for_an_archived_stream_are_appended_where_the_others_are()
    {
        var (archived, active) = (Some.Stream(), Some.Stream());
        await store.AppendAsync(Some.Unit(archived, 0, events: 2), default);
        await store.AppendAsync(Some.Unit(active, 0), default);
        await archive.ArchiveAsync([(archived, 2)], default);

        var outcome = await store.AppendAsync(new([Some.Append(active, 1), Some.Append(archived, 2, events: 2)], []), default);

        outcome.Verdict.ShouldBe(AppendVerdict.Appended);
        (await store.ReadStreamAsync(archived, 0, default)).Select(read => read.Version).ShouldBe([1, 2, 3, 4]);
        (await PartitionsOfAsync(archived)).ShouldBe("mt_streams_archived,mt_events_archived");
        (await PartitionsOfAsync(active)).ShouldBe("mt_streams_default,mt_events_default");
        (await database.ReadAsync<long>("select version from ledger.mt_streams where id = $1", archived.SessionId)).ShouldBe(4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_version_is_checked_in_the_archive_as_well(long expected)
    {
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0, events: 2), default);
        await archive.ArchiveAsync([(stream, 2)], default);

        (await store.AppendAsync(Some.Unit(stream, expected), default)).ShouldBe(AppendOutcome.Conflict);

        (await store.ReadStreamAsync(stream, 0, default)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_stream_that_has_moved_on_or_was_moved_stays()
    {
        var (changed, moved) = (Some.Stream(), Some.Stream());
        await store.AppendAsync(Some.Unit(changed, 0, events: 2), default);
        await store.AppendAsync(Some.Unit(moved, 0), default);
        await archive.ArchiveAsync([(moved, 1)], default);

        (await archive.ArchiveAsync([(changed, 1), (moved, 1), (Some.Stream(), 1)], default)).ShouldBe(0);
        (await archive.ArchiveAsync([], default)).ShouldBe(0);

        (await PartitionsOfAsync(changed)).ShouldBe("mt_streams_default,mt_events_default");
    }

    [Fact]
    public async Task Martens_own_function_moves_a_stream_too()
    {
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0, events: 2), default);

        await database.ExecuteAsync("select ledger.mt_archive_stream($1, $2)", stream.SessionId, stream.AccountId.ToString());
        await database.ExecuteAsync("select ledger.mt_archive_stream($1, $2)", stream.SessionId, stream.AccountId.ToString());

        (await PartitionsOfAsync(stream)).ShouldBe("mt_streams_archived,mt_events_archived");
        (await store.AppendAsync(Some.Unit(stream, 2), default)).Verdict.ShouldBe(AppendVerdict.Appended);
    }

    [Fact]
    public async Task Appends_while_streams_are_moved_lose_nothing_and_leave_no_gap()
    {
        await using var own = await OwnDatabase.CreateAsync();
        var streams = Enumerable.Range(0, 16).Select(_ => Some.Stream()).ToList();
        using var ending = new CancellationTokenSource();

        var moving = Task.Run(async () =>
        {
            var moved = 0;
            var mover = new StreamArchive(own.Database.Source);
            while (!ending.IsCancellationRequested)
            {
                foreach (var stream in streams)
                {
                    var version = (await own.Store.ReadStreamAsync(stream, 0, default)).Count;
                    moved += await mover.ArchiveAsync([(stream, version)], default);
                    await own.Database.ExecuteAsync($"""
                        do $$
                        begin
                          perform from ledger.head for update;
                          update ledger.mt_streams set is_archived = false where id = '{stream.SessionId}';
                          update ledger.mt_events set is_archived = false where stream_id = '{stream.SessionId}';
                        end
                        $$
                        """);
                }
            }

            return moved;
        });
        await Task.WhenAll(streams.Select(async stream =>
        {
            for (var version = 0; version < 60; version++)
            {
                (await own.Store.AppendAsync(Some.Unit(stream, version), default)).Verdict.ShouldBe(AppendVerdict.Appended);
            }
        }));
        await ending.CancelAsync();

        (await moving).ShouldBeGreaterThan(0);
        var all = await own.Store.ReadAllAsync(0, int.MaxValue, default);
        all.Select(read => read.Position).ShouldBe(Enumerable.Range(1, 16 * 60).Select(n => (long)n));
    }

    [Theory]
    [InlineData("select e.* from ledger.mt_events e where e.seq_id > 100 order by e.seq_id limit 1000")]
    [InlineData(
        "select e.* from ledger.mt_events e where e.tenant_id = 'x' and e.stream_id = '018f0000-0000-7000-8000-000000000000' "
        + "and e.version > 3 order by e.version")]
    public async Task Reads_merge_the_partitions_by_their_indexes(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var plan = connection.CreateCommand();

        // An empty table is scanned whatever its indexes; forbidding it shows whether there is another way.
        plan.CommandText = $"set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off; explain (costs off) {sql}";
        var lines = new List<string>();
        await using (var reader = await plan.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                lines.Add(reader.GetString(0));
            }
        }

        lines.ShouldContain(line => line.Contains("Merge Append"));
        lines.Count(line => line.Contains("Index Scan")).ShouldBe(2, string.Join('\n', lines));
        lines.ShouldNotContain(line => line.TrimStart(' ', '-', '>').StartsWith("Sort  ", StringComparison.Ordinal));
    }

    private Task<string> PartitionsOfAsync(StreamId stream) => database.ReadAsync<string>(
        """
        select (select string_agg(distinct c.relname::text, ' ') from ledger.mt_streams s join pg_class c on c.oid = s.tableoid where s.id = $1)
          || ',' || (
            select string_agg(distinct c.relname::text, ' ') from ledger.mt_events e join pg_class c on c.oid = e.tableoid where e.stream_id = $1)
        """,
        stream.SessionId);

    private sealed class OwnDatabase : IAsyncDisposable
    {
        public required StoreDatabase Database { get; init; }

        public required PostgresEventStore Store { get; init; }

        public static async Task<OwnDatabase> CreateAsync()
        {
            var database = new StoreDatabase();
            await database.InitializeAsync();
            return new OwnDatabase { Database = database, Store = new PostgresEventStore(database.Source) };
        }

        public async ValueTask DisposeAsync()
        {
            await Store.DisposeAsync();
            await Database.DisposeAsync();
        }
    }
}
