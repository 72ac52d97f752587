using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

public sealed class SessionReadsTests
{
    [Fact]
    public async Task A_session_is_read_with_its_version_and_its_positions()
    {
        var (host, store) = Host.With(Running());
        store.WriteBehindTheBack(new StreamId(Account, Guid.NewGuid()), Triggered());
        store.WriteBehindTheBack(Host.Stream, Passed(A));

        var read = (await host.Streams.ReadAsync(Host.Stream, default))!;

        (read.Version, read.FirstPosition, read.LastPosition, read.Stream).ShouldBe((4, 1, 5, Host.Stream));
        read.Session.Status.ShouldBe(SessionStatus.Passed);
    }

    [Fact]
    public async Task A_read_sees_what_another_host_wrote_after_the_last_one()
    {
        var (host, store) = Host.With(Running());
        await host.Streams.ReadAsync(Host.Stream, default);
        store.WriteBehindTheBack(Host.Stream, Passed(A));

        (await host.Streams.ReadAsync(Host.Stream, default))!.Session.Status.ShouldBe(SessionStatus.Passed);
    }

    [Fact]
    public async Task What_a_command_answers_is_what_the_next_read_shows()
    {
        var (host, _) = Host.With(Running());

        var executed = await host.CancelAsync();
        var read = await host.Streams.ReadAsync(Host.Stream, default);

        (read!.Version, read.FirstPosition, read.LastPosition)
            .ShouldBe((executed.Snapshot!.Version, executed.Snapshot.FirstPosition, executed.Snapshot.LastPosition));
        read.Session.ShouldBe(executed.Snapshot.Session);
    }

    [Fact]
    public async Task Several_sessions_are_read_in_the_order_asked_for_and_unknown_ones_are_left_out()
    {
        var (host, store) = Host.With(Running());
        var other = new StreamId(Account, Guid.NewGuid());
        store.WriteBehindTheBack(other, Triggered() with { SessionId = other.SessionId });
        await host.Streams.ReadAsync(Host.Stream, default);
        store.WriteBehindTheBack(Host.Stream, Passed(A));

        var read = await host.Streams.ReadManyAsync([other, new StreamId(Account, Unknown), Host.Stream], default);

        read.Select(snapshot => snapshot.Stream).ShouldBe([other, Host.Stream]);
        read[1].Session.Status.ShouldBe(SessionStatus.Passed);
    }

    [Fact]
    public async Task A_session_can_be_read_as_it_was_at_a_version()
    {
        var (host, _) = Host.With([.. Running(), Requested(A), Aborted(A)]);

        var asOf = await host.Streams.ReadAsOfAsync(Host.Stream, recorded => recorded.Version <= 4, default);

        (asOf!.Version, asOf.Session.FindRun(A)!.State).ShouldBe((4, RunState.Cancelling));
        (await host.Streams.ReadAsync(Host.Stream, default))!.Version.ShouldBe(5);
    }

    [Fact]
    public async Task A_session_can_be_read_as_it_was_at_a_time()
    {
        var (host, _) = Host.With(
            [Triggered(), Claimed(A) with { At = Before.AddSeconds(1) }, Started(A) with { At = Before.AddSeconds(2) }]);

        (await AsOf(Before.AddSeconds(1.5)))!.Session.FindRun(A)!.State.ShouldBe(RunState.Claimed);
        (await AsOf(Before.AddSeconds(2)))!.Session.FindRun(A)!.State.ShouldBe(RunState.Running);
        (await AsOf(Before.AddSeconds(-1))).ShouldBeNull();

        Task<Ledger.Streams.SessionSnapshot?> AsOf(DateTimeOffset time) =>
            host.Streams.ReadAsOfAsync(Host.Stream, recorded => recorded.Timestamp <= time, default);
    }

    [Fact]
    public async Task Decisions_are_made_at_the_clocks_time_in_whole_microseconds()
    {
        var (host, store) = Host.With(Running());
        host.Clock.UtcNow = Now.AddTicks(12_345);

        await host.CancelAsync();

        store.Of<CancelRequested>().ShouldHaveSingleItem().At.ShouldBe(Now.AddTicks(12_340));
    }
}
