using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Tests.Store;

/// <summary>Who is told how often of what this host commits, and of what the log brings.</summary>
public sealed class SessionChangesTests
{
    private readonly SessionChanges changes = new();
    private readonly List<long> inOrder = [];
    private readonly List<long> once = [];

    public SessionChangesTests()
    {
        changes.Subscribe(events => inOrder.AddRange(events.Select(recorded => recorded.Position)));
        changes.SubscribeOnce(events => once.AddRange(events.Select(recorded => recorded.Position)));
    }

    [Fact]
    public void What_this_host_commits_comes_at_once_and_again_with_the_log()
    {
        changes.Committed([At(5)]);
        changes.Logged(new EventPage(3, [At(4), At(5), At(7)], 7));

        inOrder.ShouldBe([5, 4, 5, 7]);
        once.ShouldBe([5, 4, 7]);
    }

    [Fact]
    public void A_log_that_is_faster_than_the_writer_is_no_second_time()
    {
        changes.Logged(new EventPage(0, [At(1)], 1));
        changes.Committed([At(1)]);
        changes.Committed([At(2)]);
        changes.Logged(new EventPage(1, [At(2)], 2));

        once.ShouldBe([1, 2]);
    }

    private static RecordedEvent At(long position) => new(
        position, Guid.NewGuid(), default, 1, new RunStarted(Guid.NewGuid(), "runner", default), "run_started", EventContext.None);
}
