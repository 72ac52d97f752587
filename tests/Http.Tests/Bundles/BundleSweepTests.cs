using System.Net;
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
