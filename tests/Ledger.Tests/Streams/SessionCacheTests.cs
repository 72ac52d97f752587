using Ledger.Sessions;
using Ledger.Streams;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

public sealed class SessionCacheTests
{
    [Fact]
    public void What_was_kept_is_found()
    {
        var cache = new SessionCache(100);
        var kept = Snapshot(1);

        cache.Keep(kept);

        cache.Find(kept.Stream).ShouldBeSameAs(kept);
        cache.Find(Snapshot(2).Stream).ShouldBeNull();
    }

    [Fact]
    public void A_newer_state_replaces_an_older_one_and_never_the_other_way_round()
    {
        var cache = new SessionCache(100);
        var (older, newer) = (Snapshot(1), Snapshot(1, version: 5));

        cache.Keep(older);
        cache.Keep(newer);
        cache.Keep(older);

        cache.Find(older.Stream).ShouldBeSameAs(newer);
    }

    [Fact]
    public void What_was_used_longest_ago_goes_first()
    {
        var cache = new SessionCache(30);
        cache.Keep(Snapshot(1));
        cache.Keep(Snapshot(2));
        cache.Keep(Snapshot(3));
        cache.Find(Snapshot(1).Stream);

        cache.Keep(Snapshot(4));

        Kept(cache, 4).ShouldBe([1, 3, 4]);
    }

    [Fact]
    public void The_bound_counts_bytes()
    {
        var cache = new SessionCache(50);
        cache.Keep(Snapshot(1));
        cache.Keep(Snapshot(2));

        cache.Keep(Snapshot(3, bytes: 45));

        Kept(cache, 3).ShouldBe([3]);
    }

    [Fact]
    public void The_bound_counts_what_a_session_grows_by()
    {
        var cache = new SessionCache(50);
        cache.Keep(Snapshot(1));
        cache.Keep(Snapshot(2));
        cache.Keep(Snapshot(3));

        cache.Keep(Snapshot(3, bytes: 45, version: 8));

        Kept(cache, 3).ShouldBe([3]);
    }

    [Fact]
    public void What_left_weighs_no_more()
    {
        var cache = new SessionCache(20);
        foreach (var n in Enumerable.Range(1, 1_000))
        {
            cache.Keep(Snapshot(n));
            cache.Keep(Snapshot(n, version: 2));
        }

        cache.Keep(Snapshot(1_001));
        Kept(cache, 1_001).ShouldBe([1_000, 1_001]);
    }

    [Fact]
    public void One_session_is_kept_however_large()
    {
        var cache = new SessionCache(1);

        cache.Keep(Snapshot(1, bytes: 50));

        Kept(cache, 1).ShouldBe([1]);
    }

    private static int[] Kept(SessionCache cache, int upTo) =>
        [.. Enumerable.Range(1, upTo).Where(n => cache.Find(Snapshot(n).Stream) is not null)];

    private static SessionSnapshot Snapshot(int number, long bytes = 10, long version = 1) =>
        new(Session.Create(Triggered() with { SessionId = new Guid(number, 0, 0, new byte[8]) }), version, 1, version) { Bytes = bytes };
}
