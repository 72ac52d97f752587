using Ledger.Projections.Daemon;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Projections.Tests.Daemon;

public sealed class CommitWakeupTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly SessionChanges changes = new();
    private readonly CommitWakeup wakeup;

    public CommitWakeupTests() => wakeup = new CommitWakeup(changes);

    [Fact]
    public async Task A_commit_wakes_the_daemon()
    {
        var waiting = wakeup.WaitAsync(Long, CancellationToken.None);

        Commit();

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_commit_that_comes_while_the_daemon_looks_is_not_forgotten()
    {
        Commit();
        Commit();

        await wakeup.WaitAsync(Long, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task While_there_is_always_something_new_the_daemon_looks_at_a_pace()
    {
        Commit();
        var looked = TimeProvider.System.GetTimestamp();
        await wakeup.WaitAsync(Long, CancellationToken.None);

        Commit();
        await wakeup.WaitAsync(Long, CancellationToken.None);

        TimeProvider.System.GetElapsedTime(looked).ShouldBeGreaterThan(CommitWakeup.Pace - TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public async Task Who_waits_hurries_the_next_look_and_no_further_one()
    {
        using var slow = new CommitWakeup(changes, pace: TimeSpan.FromHours(1));
        Commit();
        await slow.WaitAsync(Long, CancellationToken.None);

        Commit();
        slow.Hurry();
        await slow.WaitAsync(Long, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));

        Commit();
        using var over = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<OperationCanceledException>(slow.WaitAsync(Long, over.Token));
    }

    [Fact]
    public async Task Without_a_commit_the_daemon_looks_when_its_time_has_come() =>
        await wakeup.WaitAsync(TimeSpan.Zero, CancellationToken.None);

    public void Dispose() => wakeup.Dispose();

    private void Commit() => changes.CommittedUnheard([new StreamId(Guid.NewGuid(), Guid.NewGuid())]);
}
