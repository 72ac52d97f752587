using System.Collections.Frozen;
using System.Text;

namespace Ledger.Http.Checkly;

/// <summary>Lists where checks can run.</summary>
public static class LocationEndpoints
{
    [WolverineGet("/v1/locations"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Lists the public locations.")]
    public static IReadOnlyList<PublicLocation> ListLocations(PublicLocations locations) => locations.All;

    [WolverineGet("/v1/private-locations"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Lists the private locations: those of registered checks that are no public region.")]
    public static async Task<IReadOnlyList<PrivateLocation>> ListPrivateLocations(
        Caller caller, PublicLocations locations, IQuerySession documents, CancellationToken cancellation) =>
    [
        .. (await documents.ChecksAsync(cancellation))
            .SelectMany(check => check.Locations)
            .Where(location => !locations.Contains(location))
            .Distinct()
            .Order(StringComparer.Ordinal)
            .Select(location => PrivateLocation.Of(caller.AccountId, location)),
    ];
}

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
public sealed record PublicLocation(string Region, string Name);

/// <summary>A private location: one that no public region is called.</summary>
/// <param name="Id">Its id, the same for ever: derived from the account and the slug.</param>
/// <param name="SlugName">Its code, which is the ledger's location.</param>
public sealed record PrivateLocation(Guid Id, string SlugName, string Name)
{
    /// <summary>The private location of that name.</summary>
    public static PrivateLocation Of(Guid accountId, string location)
    {
        var id = SHA256.HashData(Encoding.UTF8.GetBytes($"{accountId}/private-locations/{location}")).AsSpan(0, 16);

        // A uuid of version 8, which is for ids made in a way of one's own (RFC 9562).
        id[6] = (byte)((id[6] & 0x0f) | 0x80);
        id[8] = (byte)((id[8] & 0x3f) | 0x80);
        return new PrivateLocation(new Guid(id, bigEndian: true), location, location);
    }
}
