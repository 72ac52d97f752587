using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Support;
using Npgsql;

namespace Ledger.Tests.Store;

public sealed class ManyWritersTests
{
    private const int Producers = 64;
    private const int Rounds = 25;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    public async Task Positions_have_no_gap_and_versions_count_up(int hosts, int writers)
    {
        var database = new StoreDatabase();
        await database.InitializeAsync();
        var stores = Enumerable.Range(0, hosts)
            .Select(_ => new PostgresEventStore(database.Source, new() { Writers = writers }))
            .ToList();
        var shared = Enumerable.Range(0, 8).Select(_ => Some.Stream()).ToList();

        var appended = await Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
        {
            // A stream of its own, and one that others fight for.
            var own = Some.Stream();
            var store = stores[producer % hosts];
            var events = 0;
            for (var round = 0; round < Rounds; round++)
            {
                (await store.AppendAsync(Some.Unit(own, 2 * round, events: 2), default)).Verdict.ShouldBe(AppendVerdict.Appended);
                events += 2 + await AppendToContestedAsync(store, shared[(producer + round) % shared.Count]);
            }

            return events;
        })));

        var all = await stores[0].ReadAllAsync(0, int.MaxValue, default);
        all.Count.ShouldBe(appended.Sum());
        all.Select(read => read.Position).ShouldBe(Enumerable.Range(1, all.Count).Select(n => (long)n));
        all.Select(read => read.Id).Distinct().Count().ShouldBe(all.Count);
        foreach (var stream in all.GroupBy(read => read.Stream))
        {
            stream.Select(read => read.Version).ShouldBe(Enumerable.Range(1, stream.Count()).Select(n => (long)n));
        }

        (await stores[0].ReadHeadAsync(default)).ShouldBe(all.Count);
        (await database.ReadAsync<long>(
            """
            select count(*) from ledger.mt_streams s
            where version <> (select max(e.version) from ledger.mt_events e where e.tenant_id = s.tenant_id and e.stream_id = s.id)
            """)).ShouldBe(0);
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }

        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_never_sees_an_event_before_its_predecessors()
    {
        var database = new StoreDatabase();
        await database.InitializeAsync();
        await using var one = new PostgresEventStore(database.Source);
        await using var two = new PostgresEventStore(database.Source, new() { Writers = 2 });
        using var ending = new CancellationTokenSource();

        var reader = Task.Run(async () =>
        {
            var last = 0L;
            while (!ending.IsCancellationRequested || last < await one.ReadHeadAsync(default))
            {
                foreach (var read in await one.ReadAllAsync(last, 10, default))
                {
                    read.Position.ShouldBe(last + 1);
                    last = read.Position;
                }
            }

            return last;
        });
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
        {
            var stream = Some.Stream();
            for (var version = 0; version < Rounds; version++)
            {
                await (producer % 2 == 0 ? one : two).AppendAsync(Some.Unit(stream, version), default);
            }
        })));
        await ending.CancelAsync();

        (await reader).ShouldBe(Producers * Rounds);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task An_append_never_scans_a_table()
    {
        const string Scans = "select sum(seq_scan)::bigint from pg_stat_user_tables where relname ~ '^mt_(streams|events)_'";
        var database = new StoreDatabase();
        await database.InitializeAsync();
        var before = await database.ReadAsync<long>(Scans);
        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        await using (var store = new PostgresEventStore(source, new() { NotifyOtherHosts = false }))
        {
            var stream = Some.Stream();
            for (var version = 0; version < Rounds; version++)
            {
                await store.AppendAsync(Some.Answered(stream, version, Some.Answer(stream.AccountId, $"{version}")), default);
                await store.AppendAsync(Some.Unit(stream, 0), default);
            }
        }

        // Connections tell what they did when they end, and the pool has ended with the source.
        await Eventually.Become(async () => await database.ReadAsync<long>(
            "select idx_scan from pg_stat_user_tables where relname = 'mt_streams_default'") >= Rounds);
        (await database.ReadAsync<long>(Scans)).ShouldBe(before);
        await database.DisposeAsync();
    }

    private static async Task<int> AppendToContestedAsync(PostgresEventStore store, StreamId stream)
    {
        var version = (await store.ReadStreamAsync(stream, 0, default)).Count;
        return (await store.AppendAsync(Some.Unit(stream, version), default)).Verdict == AppendVerdict.Appended ? 1 : 0;
    }
}
