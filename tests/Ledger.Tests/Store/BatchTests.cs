using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Support;

namespace Ledger.Tests.Store;

/// <summary>What units in one batch do to each other: nothing.</summary>
public sealed class BatchTests(StoreDatabase database) : IClassFixture<StoreDatabase>, IAsyncLifetime
{
    private readonly PostgresEventStore store = new(database.Source);
    private int batches;

    public Task InitializeAsync()
    {
        store.OnCommitted(_ => Interlocked.Increment(ref batches));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task Units_that_wait_are_written_together_in_their_order()
    {
        var units = Enumerable.Range(0, 100).Select(_ => Some.Unit(Some.Stream(), 0, events: 2)).ToArray();

        var outcomes = await InOneBatchAsync(units);

        var first = outcomes[0].FirstPositions[0];
        outcomes.Select(outcome => outcome.FirstPositions[0]).ShouldBe(Enumerable.Range(0, 100).Select(n => first + (2 * n)));
        (await CountBatchesAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_conflict_leaves_its_neighbours_alone()
    {
        var (before, between, after) = (Some.Stream(), Some.Stream(), Some.Stream());

        var outcomes = await InOneBatchAsync(
            Some.Unit(before, 0, events: 2),
            Some.Unit(Some.Stream(), 7, events: 3),
            new([Some.Append(between, 0), Some.Append(Some.Stream(), 1)], []),
            Some.Unit(after, 0));

        outcomes.Select(outcome => outcome.Verdict).ShouldBe(
            [AppendVerdict.Appended, AppendVerdict.Conflict, AppendVerdict.Conflict, AppendVerdict.Appended]);
        outcomes[3].FirstPositions[0].ShouldBe(outcomes[0].FirstPositions[0] + 2);
        (await store.ReadStreamAsync(after, 0, default)).Select(read => read.Position).ShouldBe(outcomes[3].FirstPositions);
        (await store.ReadStreamAsync(between, 0, default)).ShouldBeEmpty();
        (await CountBatchesAsync()).ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"number": 1e400000}""")]
    [InlineData("""{"text": "a\u0000b"}""")]
    [InlineData("""{"text": "\ud800"}""")]
    public async Task What_the_database_cannot_store_fails_alone(string metadata)
    {
        var (before, bad, after) = (Some.Stream(), Some.Stream(), Some.Stream());

        var appends = await StartInOneBatchAsync(Some.Unit(before, 0), Some.Opaque(bad, metadata), Some.Unit(after, 0));

        await Should.ThrowAsync<UnstorableEventException>(() => appends[1]);
        (await appends[0]).Verdict.ShouldBe(AppendVerdict.Appended);
        (await appends[2]).FirstPositions.ShouldBe([(await appends[0]).FirstPositions[0] + 1]);
        (await store.ReadStreamAsync(bad, 0, default)).ShouldBeEmpty();
        (await store.AppendAsync(Some.Unit(bad, 0), default)).Verdict.ShouldBe(AppendVerdict.Appended);
    }

    [Theory]
    [InlineData('\0')]
    [InlineData('\ud83d')]
    [InlineData('\udfff')]
    public async Task A_text_that_no_database_can_store_is_refused(char part)
    {
        var text = $"a {part} b";
        var claimed = Some.Event() with { Context = new(UserName: text) };

        await Should.ThrowAsync<UnstorableEventException>(() =>
            store.AppendAsync(new(new StreamAppend(Some.Stream(), 0, [claimed])), default));
        await Should.ThrowAsync<UnstorableEventException>(() =>
            store.AppendAsync(Some.Answered(Some.Stream(), 0, Some.Answer(Guid.NewGuid(), text)), default));
    }

    [Fact]
    public async Task Text_beyond_the_basic_plane_is_stored()
    {
        var stream = Some.Stream();
        var claimed = Some.Event("runner 🏃") with { Context = new(UserName: "😀 somebody") };

        await store.AppendAsync(new(new StreamAppend(stream, 0, [claimed])), default);

        var read = (await store.ReadStreamAsync(stream, 0, default)).ShouldHaveSingleItem();
        (read.Data, read.Context).ShouldBe((claimed.Data, claimed.Context));
    }

    [Fact]
    public async Task Units_on_one_stream_keep_their_order()
    {
        var stream = Some.Stream();

        var outcomes = await InOneBatchAsync(
            Some.Unit(stream, 0), Some.Unit(stream, 1), Some.Unit(stream, 1), Some.Unit(stream, 2), Some.Unit(Some.Stream(), 0));

        outcomes.Select(outcome => outcome.Verdict).ShouldBe(
        [
            AppendVerdict.Appended, AppendVerdict.Appended, AppendVerdict.Conflict, AppendVerdict.Appended, AppendVerdict.Appended,
        ]);
    }

    [Fact]
    public async Task A_unit_whose_caller_has_gone_before_it_was_taken_is_not_written()
    {
        var (gone, stays) = (Some.Stream(), Some.Stream());
        using var leaving = new CancellationTokenSource();
        Task<AppendOutcome> left;
        Task<AppendOutcome> stayed;
        await using (await OccupyAsync())
        {
            left = store.AppendAsync(Some.Unit(gone, 0), leaving.Token);
            stayed = store.AppendAsync(Some.Unit(stays, 0), default);
            await leaving.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => left);
        }

        (await stayed).Verdict.ShouldBe(AppendVerdict.Appended);
        (await store.ReadStreamAsync(gone, 0, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_caller_that_goes_while_its_unit_is_written_harms_nothing()
    {
        var stream = Some.Stream();
        using var leaving = new CancellationTokenSource();
        await using (await database.HoldHeadAsync())
        {
            var left = store.AppendAsync(Some.Unit(stream, 0), leaving.Token);
            await Eventually.Become(async () => await database.BlockedWritersAsync() == 1);
            await leaving.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => left);
        }

        // On the same writer, so the one that was left alone is decided by now.
        (await store.AppendAsync(Some.Unit(Some.Stream(), 0), default)).Verdict.ShouldBe(AppendVerdict.Appended);
        (await store.ReadStreamAsync(stream, 0, default)).Count.ShouldBe(1);
    }

    /// <summary>Closes the store, since callers are answered before a batch is told of.</summary>
    private async Task<int> CountBatchesAsync()
    {
        await store.DisposeAsync();
        return batches;
    }

    private async Task<AppendOutcome[]> InOneBatchAsync(params AppendUnit[] units) =>
        await Task.WhenAll(await StartInOneBatchAsync(units));

    private async Task<Task<AppendOutcome>[]> StartInOneBatchAsync(params AppendUnit[] units)
    {
        await using (await OccupyAsync())
        {
            return [.. units.Select(unit => store.AppendAsync(unit, default))];
        }
    }

    /// <summary>Has the writer wait with a batch of one, so that whatever comes now makes up the next.</summary>
    private async Task<HeldHead> OccupyAsync()
    {
        var held = await database.HoldHeadAsync();
        _ = store.AppendAsync(Some.Unit(Some.Stream(), 0), default);
        await Eventually.Become(async () => await database.BlockedWritersAsync() == 1);
        return held;
    }
}
