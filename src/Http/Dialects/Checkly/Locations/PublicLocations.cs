using System.Collections.Frozen;
using Ledger.Http.Settings;

namespace Ledger.Http.Dialects.Checkly.Locations;

/// <summary>
/// The public locations: those of the setting <c>Ledger:Checkly:Locations</c>, else the regions that the vendor publishes. To the ledger a
/// location is a name; every other one that a check runs at is private.
/// </summary>
public sealed class PublicLocations(LedgerSettings settings)
{
    private static readonly Dictionary<string, string> Published = new(StringComparer.Ordinal)
    {
        ["af-south-1"] = "Cape Town",
        ["ap-east-1"] = "Hong Kong",
        ["ap-northeast-1"] = "Tokyo",
        ["ap-northeast-2"] = "Seoul",
        ["ap-northeast-3"] = "Osaka",
        ["ap-south-1"] = "Mumbai",
        ["ap-southeast-1"] = "Singapore",
        ["ap-southeast-2"] = "Sydney",
        ["ap-southeast-3"] = "Jakarta",
        ["ca-central-1"] = "Montreal",
        ["eu-central-1"] = "Frankfurt",
        ["eu-north-1"] = "Stockholm",
        ["eu-south-1"] = "Milan",
        ["eu-west-1"] = "Ireland",
        ["eu-west-2"] = "London",
        ["eu-west-3"] = "Paris",
        ["me-south-1"] = "Bahrain",
        ["sa-east-1"] = "São Paulo",
        ["us-east-1"] = "N. Virginia",
        ["us-east-2"] = "Ohio",
        ["us-west-1"] = "N. California",
        ["us-west-2"] = "Oregon",
    };

    private readonly FrozenDictionary<string, string> names =
        (settings.Checkly.Locations.Count > 0 ? settings.Checkly.Locations : Published).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All of them, by region.</summary>
    public IReadOnlyList<PublicLocation> All =>
        [.. names.OrderBy(location => location.Key, StringComparer.Ordinal).Select(location => new PublicLocation(location.Key, location.Value))];

    /// <summary>Whether a location is one of them.</summary>
    public bool Contains(string location) => names.ContainsKey(location);
}

/// <summary>A public location.</summary>
/// <param name="Region">Its code, which is the ledger's location.</param>
/// <param name="Name">Its name for people.</param>
public sealed record PublicLocation(string Region, string Name);
