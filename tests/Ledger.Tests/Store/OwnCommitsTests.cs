using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Tests.Store;

public sealed class OwnCommitsTests
{
    private readonly OwnCommits commits = new();

    [Fact]
    public void Commits_come_in_order_whatever_the_order_in_which_the_writers_told_of_them()
    {
        commits.Add(Commit(4, 6));
        commits.Add(Commit(1, 3));

        commits.After(0)!.Select(recorded => recorded.Position).ShouldBe([1, 2, 3]);
        commits.After(3)!.Select(recorded => recorded.Position).ShouldBe([4, 5, 6]);
        commits.After(6).ShouldBeNull();
    }

    [Fact]
    public void What_lies_beyond_a_gap_waits_until_the_gap_was_read()
    {
        commits.Add(Commit(8, 9));

        commits.After(5).ShouldBeNull();
        commits.HasMore.ShouldBeTrue();
        commits.After(7)!.Count.ShouldBe(2);
    }

    [Fact]
    public void What_was_read_meanwhile_is_let_go()
    {
        commits.Add(Commit(1, 3));
        commits.Add(Commit(4, 5));

        commits.After(5).ShouldBeNull();
        commits.HasMore.ShouldBeFalse();
    }

    [Fact]
    public void A_commit_of_which_a_part_was_read_is_read_to_its_end()
    {
        commits.Add(Commit(1, 5));

        commits.After(2).ShouldBeNull();
        commits.HasMore.ShouldBeTrue();
    }

    [Fact]
    public void A_commit_that_refused_everything_is_nothing()
    {
        commits.Add(new Commit(7, []));

        commits.HasMore.ShouldBeFalse();
    }

    [Fact]
    public void Memory_is_bounded()
    {
        for (var first = 1; first < 100_000; first += 1_000)
        {
            commits.Add(Commit(first, first + 999));
        }

        commits.After(0).ShouldBeNull();
        var kept = 0;
        for (var position = 0L; position < 100_000; position += 1_000)
        {
            kept += commits.After(position)?.Count ?? 0;
        }

        kept.ShouldBeInRange(1, 10_000);
    }

    private static Commit Commit(long first, long last)
    {
        var stream = new StreamId(Guid.NewGuid(), Guid.NewGuid());
        return new Commit(
            last,
            [
                .. Enumerable.Range(0, (int)(last - first + 1)).Select(i => new RecordedEvent(
                    first + i,
                    Guid.NewGuid(),
                    stream,
                    i + 1,
                    new RunLost(Guid.NewGuid(), "runner-1", DateTimeOffset.UnixEpoch),
                    "run_lost",
                    DateTimeOffset.UnixEpoch,
                    EventContext.None)),
            ]);
    }
}
