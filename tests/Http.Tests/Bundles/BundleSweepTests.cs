using System.Net;
using System.Net.Http.Json;
using Ledger.Http.Bundles;

namespace Ledger.Http.Tests.Bundles;

/// <summary>Bundles are kept for as long as the setting says.</summary>
public sealed class BundleSweepTests(BundleLedger ledger) : IClassFixture<BundleLedger>
{
    [Fact]
    public async Task Bundles_are_removed_with_all_their_pieces_when_they_are_too_old_and_not_before()
    {
        await ledger.StoreAsync(BundleLedger.Bytes(BundleLedger.Limit));
        ledger.Clock.Advance(TimeSpan.FromDays(2) - TimeSpan.FromHours(1));
        await ledger.Running.HandleAsync(new RemoveOldBundles());
        var younger = await ledger.StoreAsync([1]);
        (await ledger.RowsAsync()).ShouldBe(1 + (BundleLedger.Limit / BundleStore.ChunkSize) + 2);

        ledger.Clock.Advance(TimeSpan.FromHours(2));
        await ledger.Running.HandleAsync(new RemoveOldBundles());

        (await ledger.RowsAsync()).ShouldBe(2);
        (await ledger.DownloadAsync(younger)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}

/// <summary>What registered checks execute is kept for as long as they are registered.</summary>
public sealed class BundlesOfChecksTests(BundleLedger ledger) : IClassFixture<BundleLedger>
{
    [Fact]
    public async Task A_bundle_that_a_registered_check_executes_stays()
    {
        var executed = await ledger.StoreAsync([2]);
        var other = await ledger.StoreAsync([3]);
        var check = new { name = "Suite", checkType = "PLAYWRIGHT", tags = Array.Empty<string>(), locations = new[] { "l" }, spec = new { bundle = new { key = executed } } };
        (await ledger.Running.Client.PutAsJsonAsync($"/ledger/checks/{Guid.NewGuid()}", check)).EnsureSuccessStatusCode();

        ledger.Clock.Advance(TimeSpan.FromDays(2) + TimeSpan.FromHours(1));
        await ledger.Running.HandleAsync(new RemoveOldBundles());

        (await ledger.DownloadAsync(other)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.DownloadAsync(executed)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
