using Ledger.Projections.Tests.Support;
using Ledger.Sessions;

namespace Ledger.Projections.Tests;

public sealed class RecordTests : LedgerTest
{
    private const string Whole = """
        select 3 as count, 'TIMED_OUT' as status, null as before, '["a", "b"]'::jsonb as names, array[1, 2] as numbers, 'user' as actor_kind, 'u-1' as actor_id,
          null as last_kind, null as last_id, 'nobody asks for it' as further
        """;

    [Fact]
    public async Task Members_are_the_columns_of_their_names()
    {
        var read = (await DataSource.QueryAsync<Told>(Whole, [], default)).ShouldHaveSingleItem();

        (read.Count, read.Status, read.Before).ShouldBe((3, SessionStatus.TimedOut, null));
        read.Names.ShouldBe(["a", "b"]);
        read.Numbers.ShouldBe([1, 2]);
        read.Actor.ShouldBe(new Actor(ActorKind.User, "u-1"));
        read.Last.ShouldBeNull();
        read.Note.ShouldBe("as it was");
    }

    [Fact]
    public async Task The_order_of_the_columns_does_not_matter()
    {
        var one = await DataSource.QueryAsync<ActorOf>("select 'system' as actor_kind, 'clock' as actor_id, 7 as number", [], default);
        var other = await DataSource.QueryAsync<ActorOf>("select 7 as number, 'clock' as actor_id, 'system' as actor_kind", [], default);

        other.ShouldBe(one);
        Record<ActorOf>.Columns.ShouldBe("number, actor_kind, actor_id, actor_name");
    }

    [Theory]
    [InlineData("select 3 as count")]
    [InlineData("select 'TIMED_OUT' as status, null as before, '[]'::jsonb as names, array[1] as numbers, 'user' as actor_kind, 'u-1' as actor_id")]
    public async Task What_is_required_has_a_column(string sql) =>
        await Should.ThrowAsync<InvalidOperationException>(() => DataSource.QueryAsync<Told>(sql, [], default));

    private sealed record Told(SessionStatus Status, SessionStatus? Before, IReadOnlyList<string> Names, IReadOnlyList<int> Numbers, Actor Actor)
    {
        public required int Count { get; init; }

        public Actor? Last { get; init; }

        public string Note { get; init; } = "as it was";
    }

    private sealed record ActorOf(int Number, Actor Actor);
}
