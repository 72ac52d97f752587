using Ledger.Projections.AlertChannels;
using Ledger.Projections.Tests.Support;

namespace Ledger.Projections.Tests.AlertChannels;

/// <summary>At least once, the same on every attempt, and not by two hosts at once (docs/domain.md#p14).</summary>
public sealed class DeliveryQueueTests : LedgerTest
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly Dictionary<string, int> Idle = [];

    private DeliveryQueue Queue => new(DataSource);

    [Fact]
    public async Task Hosts_that_claim_at_once_share_what_is_due()
    {
        var channel = await ChannelAsync("a", "https://a.example/");
        for (var n = 0; n < 50; n++)
        {
            await AddAsync(channel);
        }

        var claims = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 100, 20)));

        claims.SelectMany(claim => claim).Select(delivery => delivery.Id).ShouldBeUnique();
        claims.Sum(claim => claim.Count).ShouldBeLessThanOrEqualTo(50);
        var rest = await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 100, 100);
        (claims.Sum(claim => claim.Count) + rest.Count).ShouldBe(50);
    }

    [Fact]
    public async Task What_a_dead_host_had_claimed_is_claimed_again_and_is_the_same()
    {
        await AddAsync(await ChannelAsync("a", "https://a.example/"));
        var first = (await Queue.ClaimAsync(Clock.UtcNow, TimeSpan.Zero, Idle, 4, 10)).ShouldHaveSingleItem();
        var second = (await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 4, 10)).ShouldHaveSingleItem();

        (second.Id, second.WebhookId, second.Payload).ShouldBe((first.Id, first.WebhookId, first.Payload));
        second.Claim.ShouldNotBe(first.Claim);
        (await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 4, 10)).ShouldBeEmpty();
        (await Queue.PostponedAsync(first, Attempt(500), Clock.UtcNow)).ShouldBeFalse("it is another's now");
        (await Queue.DeliveredAsync(first, Attempt(200))).ShouldBeTrue("that it arrived is so, whoever says it");
        (await Queue.PostponedAsync(second, Attempt(500), Clock.UtcNow)).ShouldBeFalse();
        (await StateAsync(first.Id)).ShouldBe("delivered 1");
    }

    [Fact]
    public async Task A_claim_that_is_released_is_free_at_once_and_one_that_is_postponed_at_its_time()
    {
        await AddAsync(await ChannelAsync("a", "https://a.example/"));
        var claimed = (await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 4, 10)).ShouldHaveSingleItem();
        await Queue.ReleaseAsync(claimed);
        claimed = (await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 4, 10)).ShouldHaveSingleItem();
        (await Queue.PostponedAsync(claimed, Attempt(500), Clock.UtcNow.AddSeconds(10))).ShouldBeTrue();

        (await Queue.ClaimAsync(Clock.UtcNow.AddSeconds(9), Lease, Idle, 4, 10)).ShouldBeEmpty();
        (await Queue.ClaimAsync(Clock.UtcNow.AddSeconds(10), Lease, Idle, 4, 10)).ShouldHaveSingleItem().Attempts.ShouldBe(1);
    }

    [Fact]
    public async Task One_receiver_gets_no_more_than_its_share_over_all_its_channels()
    {
        foreach (var (id, url) in ((string, string)[])[("a", "https://slow.example/a"), ("b", "https://slow.example/b"), ("c", "https://c.example/")])
        {
            var channel = await ChannelAsync(id, url);
            for (var n = 0; n < 5; n++)
            {
                await AddAsync(channel);
            }
        }

        var claimed = await Queue.ClaimAsync(Clock.UtcNow, Lease, new Dictionary<string, int> { ["slow.example"] = 1 }, 3, 100);

        claimed.CountBy(delivery => delivery.Host).ToDictionary().ShouldBe(
            new Dictionary<string, int> { ["slow.example"] = 2, ["c.example"] = 3 }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_owed_nothing_any_more_unless_the_address_has_changed()
    {
        var channel = await ChannelAsync("a", "https://a.example/");
        await AddAsync(channel);
        await AddAsync(channel);
        var claimed = await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 4, 1);
        await Queue.GoneAsync(claimed[0] with { Url = new Uri("https://before.example/") }, Attempt(410));
        var next = await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 4, 1);
        await AddAsync(channel);
        await Queue.GoneAsync(next[0], Attempt(410));

        (await StateAsync(claimed[0].Id)).ShouldBe("failed 1");
        (await StateAsync(next[0].Id)).ShouldBe("failed 1");
        (await ScalarAsync<long>("select count(*) from ledger.alert_deliveries where state = 'open'")).ShouldBe(0);
        (await ScalarAsync<bool>("select disabled_at is not null from ledger.alert_channels")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("due", false)]
    [InlineData("pending", false)]
    [InlineData("withdrawn", true)]
    [InlineData("suppressed", true)]
    public async Task What_its_alert_says_now_is_seen_with_every_claim(string state, bool isWithdrawn)
    {
        await AddAsync(await ChannelAsync("a", "https://a.example/"));
        await ScalarAsync<long>("update ledger.alert_deliveries set alert_position = 7 returning id");
        await ScalarAsync<long>($"""
            insert into ledger.alerts (position, account_id, check_id, check_name, check_type, location, session_id, sequence_id, alert_type,
              state, decided_at, settled_position)
            values (7, '{Account}', gen_random_uuid(), 'a', 'API', 'eu', gen_random_uuid(), gen_random_uuid(), 'ALERT_FAILURE', '{state}',
              now(), 7)
            returning position
            """);
        var claimed = (await Queue.ClaimAsync(Clock.UtcNow, Lease, Idle, 4, 10)).ShouldHaveSingleItem();

        claimed.IsWithdrawn.ShouldBe(isWithdrawn);
        await Queue.WithdrawnAsync(claimed, Clock.UtcNow);
        (await StateAsync(claimed.Id)).ShouldBe("withdrawn 0");
        (await Queue.ClaimAsync(Clock.UtcNow, TimeSpan.Zero, Idle, 4, 10)).ShouldBeEmpty();
    }

    private static DeliveryAttempt Attempt(int status) =>
        new(new DateTimeOffset(2026, 1, 15, 12, 0, 1, TimeSpan.Zero), TimeSpan.FromMilliseconds(20), status, null, "");

    private Task<long> ChannelAsync(string id, string url) => StoreAsync(
        Account,
        AlertChannel.Make(id, new AlertChannelTarget(new Uri(url), ["alert.failure"], null), WebhookSecret.Make(), 0, Clock.UtcNow));

    private Task<AlertDelivery> AddAsync(long channel) => Queue.AddTestAsync(Account, channel, $"msg_{Guid.NewGuid():N}", "{}", Clock.UtcNow);

    private Task<string> StateAsync(long delivery) =>
        ScalarAsync<string>($"select state || ' ' || attempts from ledger.alert_deliveries where id = {delivery}");
}
