using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Support;

namespace Ledger.Tests.Store;

/// <summary>A connection that is lost while it writes leaves open whether it wrote. Callers must not notice.</summary>
public sealed class LostConnectionTests : IAsyncLifetime
{
    private readonly StoreDatabase database = new();

    public Task InitializeAsync() => database.InitializeAsync();

    public Task DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_confirmed_and_not_repeated()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var store = new PostgresEventStore(wire.Source, new() { NotifyOtherHosts = false });
        var (one, two) = (Some.Stream(), Some.Stream());
        await store.AppendAsync(Some.Unit(one, 0), default);

        wire.Deafen();
        var unit = new AppendUnit([Some.Append(one, 1, events: 2), Some.Append(two, 0)], [Some.Answer(one.AccountId, "key")]);
        var append = store.AppendAsync(unit, default);
        await Eventually.Become(async () => await database.ReadAsync<long>("select position from ledger.head") == 4);
        append.IsCompleted.ShouldBeFalse();
        wire.Cut();

        var outcome = await append;
        outcome.Verdict.ShouldBe(AppendVerdict.Appended);
        outcome.FirstPositions.ShouldBe([2, 4]);
        (await store.ReadAllAsync(0, 10, default)).Select(read => read.Id)
            .Skip(1).ShouldBe(unit.Appends.SelectMany(part => part.Events).Select(added => added.Id));
    }

    [Fact]
    public async Task A_write_that_commits_only_after_its_connection_was_lost_is_confirmed_and_not_repeated()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var store = new PostgresEventStore(wire.Source, new() { NotifyOtherHosts = false });
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0), default);

        Task<AppendOutcome> append;
        await using (await database.HoldHeadAsync())
        {
            append = store.AppendAsync(Some.Unit(stream, 1), default);
            await Eventually.Become(async () => await database.BlockedWritersAsync() == 1);
            wire.Cut();

            // The first try is still there, and the repeat waits behind it.
            await Eventually.Become(async () => await database.BlockedWritersAsync() == 2);
        }

        (await append).FirstPositions.ShouldBe([2]);
        (await store.ReadStreamAsync(stream, 0, default)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_real_conflict_is_still_one_after_a_lost_connection()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var store = new PostgresEventStore(wire.Source, new() { NotifyOtherHosts = false });
        await using var other = new PostgresEventStore(database.Source);
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0), default);
        await other.AppendAsync(Some.Unit(stream, 1), default);

        Task<AppendOutcome> append;
        await using (await database.HoldHeadAsync())
        {
            append = store.AppendAsync(Some.Unit(stream, 1), default);
            await Eventually.Become(async () => await database.BlockedWritersAsync() == 1);
            wire.Cut();
            await Eventually.Become(async () => await database.BlockedWritersAsync() == 2);
        }

        (await append).ShouldBe(AppendOutcome.Conflict);
    }

    [Fact]
    public async Task Every_unit_is_written_once_however_often_its_writer_is_killed()
    {
        const int Producers = 32;
        await using var one = new PostgresEventStore(database.Source);
        await using var two = new PostgresEventStore(database.Source, new() { Writers = 2 });
        using var enough = new CancellationTokenSource();
        var confirmed = 0;

        var producing = Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
        {
            var written = new List<(Guid Id, long Position)>();
            var stream = Some.Stream();
            while (!enough.IsCancellationRequested)
            {
                var unit = Some.Unit(stream, written.Count);
                var outcome = await (producer % 2 == 0 ? one : two).AppendAsync(unit, default);
                outcome.Verdict.ShouldBe(AppendVerdict.Appended);
                written.Add((unit.Appends[0].Events[0].Id, outcome.FirstPositions[0]));
                Interlocked.Increment(ref confirmed);
            }

            return written;
        })));
        for (var kills = 0L; kills < 40;)
        {
            var before = Volatile.Read(ref confirmed);
            kills += await database.TerminateWritersAsync();
            await Eventually.Become(() => Volatile.Read(ref confirmed) > before || producing.IsCompleted);
        }

        await enough.CancelAsync();
        var written = (await producing).SelectMany(list => list).OrderBy(pair => pair.Position).ToList();
        var stored = await one.ReadAllAsync(0, int.MaxValue, default);
        stored.Select(read => (read.Id, read.Position)).ShouldBe(written);
        stored.Select(read => read.Position).ShouldBe(Enumerable.Range(1, stored.Count).Select(n => (long)n));
    }

    [Fact]
    public async Task A_database_that_stays_away_is_reported_and_comes_back()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var store = new PostgresEventStore(
            wire.Source, new() { NotifyOtherHosts = false, UnavailableAfter = TimeSpan.FromSeconds(3) });
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0), default);

        wire.Refuse();
        wire.Cut();

        await Should.ThrowAsync<StoreUnavailableException>(() => store.AppendAsync(Some.Unit(stream, 1), default));
        await Should.ThrowAsync<StoreUnavailableException>(() => store.ReadStreamAsync(stream, 0, default));
    }

    [Fact]
    public async Task A_read_does_not_fail_because_an_idle_connection_died()
    {
        await using var store = new PostgresEventStore(database.Source);
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0), default);
        await store.ReadStreamAsync(stream, 0, default);
        await database.ExecuteAsync(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and state = 'idle'
            """);

        (await store.ReadStreamAsync(stream, 0, default)).Count.ShouldBe(1);
        (await store.AppendAsync(Some.Unit(stream, 1), default)).Verdict.ShouldBe(AppendVerdict.Appended);
    }

    [Fact]
    public async Task A_database_without_the_ledgers_schema_is_reported()
    {
        using var empty = new TestDatabase();
        await using var source = Npgsql.NpgsqlDataSource.Create(empty.ConnectionString);
        await using var store = new PostgresEventStore(source, new() { NotifyOtherHosts = false });

        await Should.ThrowAsync<StoreUnavailableException>(() => store.AppendAsync(Some.Unit(Some.Stream(), 0), default));
        await Should.ThrowAsync<StoreUnavailableException>(() => store.ReadHeadAsync(default));
    }
}
