using Ledger.Store;
using Ledger.Store.Postgres;

namespace Ledger.Tests.Store;

/// <summary>Remembered answers (domain.md rule 5).</summary>
public sealed class AnswerTests(StoreDatabase database) : IClassFixture<StoreDatabase>, IAsyncLifetime
{
    private readonly PostgresEventStore store = new(database.Source);
    private readonly Guid account = Guid.NewGuid();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task An_answer_is_found_again_to_the_letter()
    {
        var answer = Some.Answer(account, "key");
        await store.AppendAsync(Some.Answered(Some.Stream(), 0, answer), default);

        (await store.FindAnswerAsync(account, "scope", "key", default)).ShouldBe(answer);
        (await store.FindAnswerAsync(account, "scope", "Key", default)).ShouldBeNull();
        (await store.FindAnswerAsync(account, "elsewhere", "key", default)).ShouldBeNull();
        (await store.FindAnswerAsync(Guid.NewGuid(), "scope", "key", default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_that_is_taken_refuses_the_unit_and_keeps_the_first_answer()
    {
        var first = Some.Answer(account, "key", "1");
        await store.AppendAsync(Some.Answered(Some.Stream(), 0, first), default);
        var stream = Some.Stream();

        var outcome = await store.AppendAsync(Some.Answered(stream, 0, Some.Answer(account, "key", "2")), default);

        outcome.ShouldBe(AppendOutcome.AnswerTaken);
        (await store.ReadStreamAsync(stream, 0, default)).ShouldBeEmpty();
        (await store.FindAnswerAsync(account, "scope", "key", default)).ShouldBe(first);
    }

    [Fact]
    public async Task A_taken_key_counts_before_a_conflict()
    {
        var stream = Some.Stream();
        await store.AppendAsync(Some.Answered(stream, 0, Some.Answer(account, "key")), default);

        (await store.AppendAsync(Some.Answered(stream, 0, Some.Answer(account, "key")), default)).ShouldBe(AppendOutcome.AnswerTaken);
    }

    [Fact]
    public async Task A_refused_unit_leaves_no_answer()
    {
        await store.AppendAsync(Some.Answered(Some.Stream(), 3, Some.Answer(account, "key")), default);

        (await store.FindAnswerAsync(account, "scope", "key", default)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_many_units_with_one_key_exactly_one_is_written()
    {
        var streams = Enumerable.Range(0, 32).Select(_ => Some.Stream()).ToList();

        var outcomes = await Task.WhenAll(streams.Select((stream, n) =>
            store.AppendAsync(Some.Answered(stream, 0, Some.Answer(account, "key", $"{n}")), default)));

        var winner = outcomes.Index().Single(outcome => outcome.Item.Verdict == AppendVerdict.Appended).Index;
        outcomes.Count(outcome => outcome.Verdict == AppendVerdict.AnswerTaken).ShouldBe(31);
        (await store.FindAnswerAsync(account, "scope", "key", default))!.Answer.ShouldBe($"{winner}");
        (await store.ReadStreamsAsync([.. streams.Select(stream => (stream, 0L))], default))
            .ShouldHaveSingleItem().Stream.ShouldBe(streams[winner]);
    }

    [Fact]
    public async Task Two_answers_of_one_unit_stand_or_fall_together()
    {
        await store.AppendAsync(Some.Answered(Some.Stream(), 0, Some.Answer(account, "taken")), default);

        var outcome = await store.AppendAsync(
            new([Some.Append(Some.Stream(), 0)], [Some.Answer(account, "free"), Some.Answer(account, "taken")]), default);

        outcome.ShouldBe(AppendOutcome.AnswerTaken);
        (await store.FindAnswerAsync(account, "scope", "free", default)).ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_that_needed_no_event_is_kept_whatever_becomes_of_its_neighbours()
    {
        await store.AppendAsync(Some.Answered(Some.Stream(), 0, Some.Answer(account, "taken")), default);
        var head = await store.ReadHeadAsync(default);

        var outcomes = await Task.WhenAll(
            store.AppendAsync(new([], [Some.Answer(account, "alone")]), default),
            store.AppendAsync(new([], [Some.Answer(account, "taken")]), default),
            store.AppendAsync(new(Some.Append(Some.Stream(), 7)), default));

        outcomes.Select(outcome => outcome.Verdict).ShouldBe([AppendVerdict.Appended, AppendVerdict.AnswerTaken, AppendVerdict.Conflict]);
        (await store.FindAnswerAsync(account, "scope", "alone", default)).ShouldNotBeNull();
        (await store.ReadHeadAsync(default)).ShouldBe(head);
    }
}
