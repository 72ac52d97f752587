using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Store.Postgres;

namespace Ledger.Tests.Store;

public sealed class AppendTests(StoreDatabase database) : IClassFixture<StoreDatabase>, IAsyncLifetime
{
    private readonly PostgresEventStore store = new(database.Source);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task What_was_appended_is_read_back_as_it_was()
    {
        var stream = Some.Stream();
        var unit = Some.Unit(stream, 0, events: 3);

        var outcome = await store.AppendAsync(unit, default);

        var first = outcome.FirstPositions.ShouldHaveSingleItem();
        var read = await store.ReadStreamAsync(stream, 0, default);
        read.ShouldBe(unit.Appends[0].Events.Select((added, n) => new RecordedEvent(
            first + n, added.Id, stream, n + 1, added.Data, "run_claimed", Some.Time, added.Context)));
        (await store.ReadAllAsync(first, 2, default)).ShouldBe(read.Skip(1));
        (await store.ReadHeadAsync(default)).ShouldBeGreaterThanOrEqualTo(first + 2);
    }

    [Fact]
    public async Task A_stream_is_read_after_a_version()
    {
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0, events: 2), default);
        await store.AppendAsync(Some.Unit(stream, 2, events: 2), default);

        (await store.ReadStreamAsync(stream, 3, default)).Select(read => read.Version).ShouldBe([4]);
        (await store.ReadStreamAsync(stream, 4, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_streams_are_read_together_in_the_order_asked_for()
    {
        var (one, two, none) = (Some.Stream(), Some.Stream(), Some.Stream());
        await store.AppendAsync(Some.Unit(one, 0, events: 2), default);
        await store.AppendAsync(Some.Unit(two, 0, events: 3), default);

        var read = await store.ReadStreamsAsync([(two, 1), (none, 0), (one, 0)], default);

        read.Select(found => (found.Stream, found.Version)).ShouldBe([(two, 2L), (two, 3L), (one, 1L), (one, 2L)]);
    }

    [Fact]
    public async Task Another_account_does_not_see_a_stream()
    {
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0), default);
        var elsewhere = stream with { AccountId = Guid.NewGuid() };

        (await store.ReadStreamAsync(elsewhere, 0, default)).ShouldBeEmpty();
        (await store.AppendAsync(Some.Unit(elsewhere, 1), default)).Verdict.ShouldBe(AppendVerdict.Conflict);
        (await store.AppendAsync(Some.Unit(elsewhere, 0), default)).Verdict.ShouldBe(AppendVerdict.Appended);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    public async Task An_append_at_another_version_conflicts_and_writes_nothing(int events, long expected)
    {
        var stream = Some.Stream();
        if (events > 0)
        {
            await store.AppendAsync(Some.Unit(stream, 0, events), default);
        }

        var head = await store.ReadHeadAsync(default);
        var outcome = await store.AppendAsync(Some.Unit(stream, expected), default);

        outcome.ShouldBe(AppendOutcome.Conflict);
        (await store.ReadStreamAsync(stream, 0, default)).Count.ShouldBe(events);
        (await store.ReadHeadAsync(default)).ShouldBe(head);
    }

    [Fact]
    public async Task A_unit_of_two_streams_is_written_whole()
    {
        var (one, two) = (Some.Stream(), Some.Stream());
        await store.AppendAsync(Some.Unit(one, 0), default);

        var outcome = await store.AppendAsync(new([Some.Append(one, 1, events: 2), Some.Append(two, 0)], []), default);

        outcome.Verdict.ShouldBe(AppendVerdict.Appended);
        var first = outcome.FirstPositions[0];
        outcome.FirstPositions.ShouldBe([first, first + 2]);
        (await store.ReadStreamAsync(one, 1, default)).Select(read => read.Position).ShouldBe([first, first + 1]);
        (await store.ReadStreamAsync(two, 0, default)).Select(read => read.Position).ShouldBe([first + 2]);
    }

    [Fact]
    public async Task A_unit_of_two_streams_is_refused_whole()
    {
        var (one, two) = (Some.Stream(), Some.Stream());
        await store.AppendAsync(Some.Unit(one, 0), default);

        var outcome = await store.AppendAsync(new([Some.Append(two, 0), Some.Append(one, 0)], []), default);

        outcome.Verdict.ShouldBe(AppendVerdict.Conflict);
        (await store.ReadStreamAsync(two, 0, default)).ShouldBeEmpty();
        (await store.ReadStreamAsync(one, 0, default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Time_in_the_tables_is_the_events_time()
    {
        var stream = Some.Stream();
        var later = Some.Event() with { Data = new RunStarted(Guid.NewGuid(), "runner", Some.Time.AddMinutes(1)) };
        await store.AppendAsync(new(new StreamAppend(stream, 0, [Some.Event(), later])), default);

        var times = await database.ReadAsync<DateTime[]>(
            "select array[created, timestamp] from ledger.mt_streams where id = $1", stream.SessionId);
        times.ShouldBe([Some.Time.UtcDateTime, Some.Time.UtcDateTime.AddMinutes(1)]);
        (await store.ReadStreamAsync(stream, 1, default)).ShouldHaveSingleItem().Timestamp.ShouldBe(Some.Time.AddMinutes(1));
    }

    [Fact]
    public async Task The_tables_say_what_marten_expects()
    {
        var stream = Some.Stream();
        await store.AppendAsync(Some.Unit(stream, 0, events: 2), default);

        (await database.ReadAsync<string>(
            "select concat_ws('|', tenant_id, type, version, is_archived) from ledger.mt_streams where id = $1", stream.SessionId))
            .ShouldBe($"{stream.AccountId}|session|2|f");
        (await database.ReadAsync<string>(
            """
            select concat_ws('|', tenant_id, type, mt_dotnet_type, user_name, correlation_id, causation_id, is_archived)
            from ledger.mt_events where stream_id = $1 and version = 2
            """,
            stream.SessionId)).ShouldBe($"{stream.AccountId}|run_claimed|Ledger.Sessions.Events.RunClaimed, Ledger|somebody|trace|span|f");
        (await database.ReadAsync<long>("select last_value from ledger.mt_events_sequence"))
            .ShouldBe(await store.ReadHeadAsync(default));
    }

    [Fact]
    public async Task A_unit_that_names_a_stream_twice_is_a_mistake_of_the_caller()
    {
        var stream = Some.Stream();

        await Should.ThrowAsync<ArgumentException>(() =>
            store.AppendAsync(new([Some.Append(stream, 0), Some.Append(stream, 1)], []), default));
        await Should.ThrowAsync<ArgumentException>(() => store.AppendAsync(new([], []), default));
        await Should.ThrowAsync<ArgumentException>(() => store.AppendAsync(Some.Unit(stream, 0, events: 0), default));
    }

    [Fact]
    public async Task An_event_of_a_type_from_the_future_is_named_instead_of_skipped()
    {
        var stream = Some.Stream();
        var outcome = await store.AppendAsync(Some.Unit(stream, 0), default);
        await database.ExecuteAsync("update ledger.mt_events set type = 'run_teleported' where stream_id = $1", stream.SessionId);

        var error = await Should.ThrowAsync<UnreadableEventException>(() => store.ReadStreamAsync(stream, 0, default));

        error.Message.ShouldContain("run_teleported");
        error.Message.ShouldContain(outcome.FirstPositions[0].ToString());
    }

    [Fact]
    public async Task A_full_queue_lets_nobody_starve()
    {
        await using var narrow = new PostgresEventStore(
            database.Source, new() { QueueLimit = 2, UnitsPerBatch = 3, EventsPerBatch = 4, Writers = 2, UnitsForOverlap = 2 });
        var streams = Enumerable.Range(0, 20).Select(_ => Some.Stream()).ToList();

        var outcomes = await Task.WhenAll(streams.Select(stream => narrow.AppendAsync(Some.Unit(stream, 0, events: 5), default)))
            .WaitAsync(TimeSpan.FromSeconds(20));

        outcomes.ShouldAllBe(outcome => outcome.Verdict == AppendVerdict.Appended);
    }

    [Fact]
    public async Task Whoever_waits_for_room_when_the_store_closes_is_served_or_refused()
    {
        var store = new PostgresEventStore(database.Source, new() { QueueLimit = 1 });
        Task<AppendOutcome>[] appends;
        ValueTask closing;
        await using (await database.HoldHeadAsync())
        {
            appends = [.. Enumerable.Range(0, 20).Select(_ => store.AppendAsync(Some.Unit(Some.Stream(), 0), default))];
            closing = store.DisposeAsync();
        }

        await closing;
        await Task.WhenAll(appends).WaitAsync(TimeSpan.FromSeconds(20)).ContinueWith(_ => { }, TaskScheduler.Default);

        appends.ShouldAllBe(append => append.IsCompleted);
        appends.Count(append => append.IsCompletedSuccessfully).ShouldBeGreaterThan(0);
        appends.Where(append => append.IsFaulted).ShouldAllBe(append => append.Exception!.InnerException is ObjectDisposedException);
    }

    [Fact]
    public async Task A_closed_store_refuses_units_and_has_written_what_it_took()
    {
        var store = new PostgresEventStore(database.Source);
        var streams = Enumerable.Range(0, 50).Select(_ => Some.Stream()).ToList();
        var appends = streams.ConvertAll(stream => store.AppendAsync(Some.Unit(stream, 0), default));

        await store.DisposeAsync();

        (await Task.WhenAll(appends)).ShouldAllBe(outcome => outcome.Verdict == AppendVerdict.Appended);
        await Should.ThrowAsync<ObjectDisposedException>(() => store.AppendAsync(Some.Unit(Some.Stream(), 0), default));
    }
}
