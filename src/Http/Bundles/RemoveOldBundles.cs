using Wolverine.Attributes;

namespace Ledger.Http.Bundles;

/// <summary>Removes, once an hour, bundles that are older than <c>Ledger:Bundles:KeepDays</c>.</summary>
[MessageIdentity("remove-old-bundles")]
public sealed record RemoveOldBundles;

public static class RemoveOldBundlesHandler
{
    public static async Task Handle(
        RemoveOldBundles message,
        BundleStore bundles,
        LedgerSettings settings,
        TimeProvider clock,
        ILogger<BundleStore> logger,
        CancellationToken cancellation)
    {
        var removed = await bundles.RemoveOlderAsync(clock.GetUtcNow().AddDays(-settings.Bundles.KeepDays), cancellation);
        if (removed > 0)
        {
            logger.LogInformation("Removed {Count} bundles older than {Days} days", removed, settings.Bundles.KeepDays);
        }
    }
}
