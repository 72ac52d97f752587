using Ledger.Http.Tests.Dialects.Published;

namespace Ledger.Http.Tests.Dialects.Checkly.Published;

/// <summary>Checkly's published description.</summary>
internal static class PublishedDescription
{
    /// <summary>The description; null where it is not at hand.</summary>
    public static VendorDescription? Instance { get; } = VendorDescription.Load("checkly.openapi.json", document => new VendorRules
    {
        // All three members always, although some operations declare only one of them required.
        Error = VendorDescription.Component(document, "ApiError"),
        Overrides = new Dictionary<int, string>
        {
            [400] = "version 1 documents no 400; it is sent there too",
            [413] = "a body beyond its limit",
            [503] = "the database is out of reach",
        },
    });
}

/// <summary>A test that is nothing without the published description.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PublishedFactAttribute : FactAttribute
{
    public PublishedFactAttribute()
    {
        if (PublishedDescription.Instance is null)
        {
            Skip = VendorDescription.NotAtHand;
        }
    }
}
