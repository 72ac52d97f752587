namespace Ledger.Http.Bundles;

/// <summary>The parts that keep bundles.</summary>
public static class BundleParts
{
    public static void AddBundles(this IServiceCollection services)
    {
        services.AddSingleton<BundleStore>();
        services.AddSingleton<BundleUpload>();
        services.AddHostedService<BundleSweep>();
    }
}
