using Ledger.Projections.Deadlines;
using Ledger.Projections.OpenRuns;
using Ledger.Support;

namespace Ledger.Projections.Tests.Deadlines;

public sealed class ObservedDeadlinesTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly FakeClock clock = new();
    private readonly ObservedDeadlines deadlines;
    private readonly RunKey run = new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());

    public ObservedDeadlinesTests() => deadlines = new ObservedDeadlines(clock);

    [Fact]
    public void A_deadline_passes_after_its_whole_duration_and_not_a_moment_earlier()
    {
        var deadline = New(DeadlineKind.Expiry);
        Scan(deadline).ShouldBeEmpty();

        ShouldPassIn(Grace, deadline);
    }

    [Theory]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public void A_jump_of_the_wall_clock_neither_shortens_nor_lengthens_it(int seconds)
    {
        var deadline = New(DeadlineKind.Acknowledgement);
        Scan(deadline);
        clock.JumpWallClock(TimeSpan.FromSeconds(seconds));

        ShouldPassIn(Grace, deadline);
    }

    [Theory]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public void A_deadline_that_is_seen_first_after_a_jump_is_granted_its_whole_duration(int seconds)
    {
        Scan();
        var deadline = New(DeadlineKind.RunLimit);
        clock.JumpWallClock(TimeSpan.FromSeconds(seconds));

        Scan(deadline).ShouldBeEmpty();
        ShouldPassIn(Grace, deadline);
    }

    [Fact]
    public void After_a_restart_the_time_that_has_passed_counts()
    {
        var deadline = New(DeadlineKind.Expiry);
        clock.Advance(TimeSpan.FromSeconds(20));

        FirstScan(deadline).ShouldBeEmpty();
        ShouldPassIn(TimeSpan.FromSeconds(10), deadline);
    }

    [Fact]
    public void After_a_restart_what_is_over_passes_at_once()
    {
        var deadline = New(DeadlineKind.Expiry);
        clock.Advance(Grace);

        FirstScan(deadline).ShouldBe([deadline]);
    }

    [Fact]
    public void After_a_restart_a_clock_that_went_back_grants_no_more_than_the_whole_duration()
    {
        var deadline = New(DeadlineKind.Expiry);
        clock.JumpWallClock(TimeSpan.FromHours(-1));

        FirstScan(deadline).ShouldBeEmpty();
        ShouldPassIn(Grace, deadline);
    }

    [Fact]
    public void An_interruption_stops_no_deadline_that_was_watched_before()
    {
        var deadline = New(DeadlineKind.Expiry);
        Scan(deadline);
        clock.Advance(TimeSpan.FromSeconds(20));
        clock.JumpWallClock(TimeSpan.FromHours(-1));

        FirstScan(deadline).ShouldBeEmpty();
        ShouldPassIn(TimeSpan.FromSeconds(10), deadline);
    }

    [Fact]
    public void A_lease_begins_anew_after_an_interruption_since_nobody_could_renew_it()
    {
        var lease = New(DeadlineKind.Lease);
        Scan(lease);
        clock.Advance(TimeSpan.FromMinutes(5));

        FirstScan(lease).ShouldBeEmpty();
        ShouldPassIn(Grace, lease);
    }

    [Fact]
    public void A_renewed_lease_begins_anew_whatever_time_it_says()
    {
        var lease = New(DeadlineKind.Lease);
        Scan(lease);
        clock.Advance(TimeSpan.FromSeconds(20));
        var renewed = lease with { Stamp = 1 };
        Scan(renewed);

        ShouldPassIn(Grace, renewed);
    }

    [Fact]
    public void What_has_passed_and_stays_is_given_again_ever_more_rarely()
    {
        var deadline = New(DeadlineKind.Expiry);
        Scan(deadline);
        clock.Advance(Grace);
        var passedAt = new List<int>();
        for (var second = 0; second <= 60; second++)
        {
            if (Scan(deadline).Count > 0)
            {
                passedAt.Add(second);
            }

            clock.Advance(TimeSpan.FromSeconds(1));
        }

        passedAt.ShouldBe([0, 1, 3, 7, 15, 31]);
    }

    [Fact]
    public void What_has_gone_is_forgotten()
    {
        var deadline = New(DeadlineKind.Expiry);
        Scan(deadline);
        clock.Advance(TimeSpan.FromSeconds(20));
        Scan().ShouldBeEmpty();

        Scan(deadline).ShouldBeEmpty();
        ShouldPassIn(Grace, deadline);
    }

    private void ShouldPassIn(TimeSpan time, Deadline deadline)
    {
        clock.Advance(time - Moment);
        Scan(deadline).ShouldBeEmpty();
        clock.Advance(Moment);
        Scan(deadline).ShouldBe([deadline]);
    }

    private Deadline New(DeadlineKind kind) => new(new DeadlineKey(run, kind), 0, clock.UtcNow + Grace, Grace);

    private IReadOnlyList<Deadline> Scan(params Deadline[] present) => deadlines.Scan(present, isFirst: false);

    private IReadOnlyList<Deadline> FirstScan(params Deadline[] present) => deadlines.Scan(present, isFirst: true);
}
