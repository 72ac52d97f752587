using Ledger.Projections.Daemon;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Tests.Daemon;

public sealed class RecentEventsTests
{
    private readonly RecentEvents recent = new();

    [Fact]
    public void What_came_last_is_given_from_any_position_in_it()
    {
        recent.Add(Events(5, 9));

        Positions(recent.After(4, 100)).ShouldBe([5, 6, 7, 8, 9]);
        Positions(recent.After(6, 8)).ShouldBe([7, 8]);
        recent.After(9, 100).ShouldBeNull();
        recent.Last.ShouldBe(9);
    }

    [Fact]
    public void What_would_have_a_gap_is_not_given()
    {
        recent.Add(Events(5, 9));
        recent.After(3, 100).ShouldBeNull();

        recent.Add(Events(12, 13));

        recent.After(8, 100).ShouldBeNull();
        Positions(recent.After(11, 100)).ShouldBe([12, 13]);
    }

    [Fact]
    public void What_nobody_needs_is_let_go()
    {
        recent.Add(Events(5, 9));

        recent.Forget(7);

        recent.After(6, 100).ShouldBeNull();
        Positions(recent.After(7, 100)).ShouldBe([8, 9]);
        recent.Forget(long.MaxValue);
        recent.After(8, 100).ShouldBeNull();
        recent.Add(Events(10, 10));
        Positions(recent.After(9, 100)).ShouldBe([10]);
    }

    [Fact]
    public void It_keeps_no_more_than_it_may()
    {
        for (var first = 1; first <= 10_000; first += 1_000)
        {
            recent.Add(Events(first, first + 999));
        }

        recent.After(10_000 - 4_097, 10_000).ShouldBeNull();
        Positions(recent.After(10_000 - 4_096, 10_000 - 4_095)).ShouldBe([10_000 - 4_095]);
    }

    private static IEnumerable<long> Positions(EventPage? page) => page!.Events.Select(recorded => recorded.Position);

    private static EventPage Events(int first, int last) => new(
    first - 1,
    [
        .. Enumerable.Range(first, last - first + 1).Select(position => new RecordedEvent(
            position,
            Guid.NewGuid(),
            default,
            1,
            new RunStarted(Guid.NewGuid(), "runner-1", default),
            "run_started",
            EventContext.None)),
    ],
    last);
}
