using System.Collections.Concurrent;
using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Support;

namespace Ledger.Tests.Store;

public sealed class EventFeedTests : IAsyncLifetime
{
    private readonly StoreDatabase database = new();
    private PostgresEventStore store = null!;
    private EventFeed feed = null!;

    public async Task InitializeAsync()
    {
        await database.InitializeAsync();
        store = new PostgresEventStore(database.Source);
        feed = new EventFeed(store, database.Source);
    }

    public async Task DisposeAsync()
    {
        await feed.DisposeAsync();
        await store.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Every_event_comes_once_and_in_order_from_two_hosts()
    {
        await using var other = new PostgresEventStore(database.Source, new() { Writers = 2 });
        var seen = new ConcurrentQueue<RecordedEvent>();
        feed.Subscribe(page => page.ToList().ForEach(seen.Enqueue));
        await feed.StartAsync(default);

        await AppendAsync(producers: 16, rounds: 50, producer => producer % 2 == 0 ? store : other);
        await feed.WaitForAsync(800, default).WaitAsync(TimeSpan.FromSeconds(20));

        seen.Select(read => read.Position).ShouldBe(Enumerable.Range(1, 800).Select(n => (long)n));
        seen.ShouldBe(await store.ReadAllAsync(0, 1_000, default));
        feed.Position.ShouldBe(800);
    }

    [Fact]
    public async Task A_commit_of_another_host_is_heard_without_a_poll()
    {
        await using var other = new PostgresEventStore(database.Source);
        await using var feed = new EventFeed(store, database.Source, new FakeClock());
        feed.Start(0);
        await Eventually.Become(async () => await database.ReadAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and query = 'listen ledger_events'") == 1);

        await other.AppendAsync(Some.Unit(Some.Stream(), 0), default);

        await feed.WaitForAsync(1, default).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_commit_that_nobody_announces_is_found_by_polling()
    {
        await using var silent = new PostgresEventStore(database.Source, new() { NotifyOtherHosts = false });
        await feed.StartAsync(default);

        await silent.AppendAsync(Some.Unit(Some.Stream(), 0), default);

        await feed.WaitForAsync(1, default).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task It_starts_after_what_is_there_or_from_any_position()
    {
        await store.AppendAsync(Some.Unit(Some.Stream(), 0, events: 3), default);
        var (late, early) = (new ConcurrentQueue<long>(), new ConcurrentQueue<long>());
        await using var replay = new EventFeed(store, database.Source);
        feed.Subscribe(page => page.ToList().ForEach(read => late.Enqueue(read.Position)));
        replay.Subscribe(page => page.ToList().ForEach(read => early.Enqueue(read.Position)));

        await feed.StartAsync(default);
        replay.Start(1);
        await store.AppendAsync(Some.Unit(Some.Stream(), 0), default);
        await Task.WhenAll(feed.WaitForAsync(4, default), replay.WaitForAsync(4, default)).WaitAsync(TimeSpan.FromSeconds(20));

        late.ShouldBe([4]);
        early.ShouldBe([2, 3, 4]);
    }

    [Fact]
    public async Task A_long_backlog_comes_in_pages()
    {
        await store.AppendAsync(Some.Unit(Some.Stream(), 0, events: (2 * EventFeed.PageSize) + 1), default);
        var pages = new ConcurrentQueue<int>();
        feed.Subscribe(page => pages.Enqueue(page.Count));

        feed.Start(0);
        await feed.WaitForAsync((2 * EventFeed.PageSize) + 1, default).WaitAsync(TimeSpan.FromSeconds(20));

        pages.ShouldBe([EventFeed.PageSize, EventFeed.PageSize, 1]);
    }

    [Fact]
    public async Task A_subscriber_that_throws_harms_no_other_and_one_that_left_hears_nothing()
    {
        var seen = new ConcurrentQueue<long>();
        var left = new ConcurrentQueue<long>();
        feed.Subscribe(_ => throw new InvalidOperationException("On purpose."));
        feed.Subscribe(page => seen.Enqueue(page[^1].Position));
        var subscription = feed.Subscribe(page => left.Enqueue(page[^1].Position));
        feed.Start(0);
        await store.AppendAsync(Some.Unit(Some.Stream(), 0), default);
        await feed.WaitForAsync(1, default).WaitAsync(TimeSpan.FromSeconds(20));

        subscription.Dispose();
        await store.AppendAsync(Some.Unit(Some.Stream(), 0), default);
        await feed.WaitForAsync(2, default).WaitAsync(TimeSpan.FromSeconds(20));

        seen.ShouldBe([1, 2]);
        left.ShouldBe([1]);
    }

    [Fact]
    public async Task It_goes_on_when_all_its_connections_are_killed()
    {
        var seen = new ConcurrentQueue<long>();
        feed.Subscribe(page => page.ToList().ForEach(read => seen.Enqueue(read.Position)));
        await feed.StartAsync(default);

        for (var round = 0; round < 5; round++)
        {
            var appending = AppendAsync(producers: 8, rounds: 10, _ => store);
            await database.ExecuteAsync(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
            await appending;
        }

        await feed.WaitForAsync(400, default).WaitAsync(TimeSpan.FromSeconds(20));
        seen.ShouldBe(Enumerable.Range(1, 400).Select(n => (long)n));
    }

    [Fact]
    public async Task It_stays_at_an_event_that_it_cannot_read_instead_of_skipping_it()
    {
        await store.AppendAsync(Some.Unit(Some.Stream(), 0, events: 2), default);
        await database.ExecuteAsync("update ledger.mt_events set type = 'run_teleported' where seq_id = 2");
        feed.Start(1);
        var waiting = feed.WaitForAsync(2, default);
        await Should.ThrowAsync<UnreadableEventException>(() => store.ReadAllAsync(1, 1, default));
        waiting.IsCompleted.ShouldBeFalse();

        await database.ExecuteAsync("update ledger.mt_events set type = 'run_claimed' where seq_id = 2");

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Whoever_waits_is_let_go_by_a_token_and_by_the_end_of_the_feed()
    {
        await feed.StartAsync(default);
        using var leaving = new CancellationTokenSource();
        var left = feed.WaitForAsync(1, leaving.Token);
        var stayed = feed.WaitForAsync(1, default);

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => left);
        await feed.DisposeAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => stayed);
    }

    private static Task AppendAsync(int producers, int rounds, Func<int, PostgresEventStore> store) =>
        Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(async () =>
        {
            var stream = Some.Stream();
            for (var version = 0; version < rounds; version++)
            {
                var outcome = await store(producer).AppendAsync(Some.Unit(stream, version), default);
                outcome.Verdict.ShouldBe(AppendVerdict.Appended);
            }
        })));
}
