using System.Security.Cryptography;
using System.Text;

namespace Ledger.Http.Dialects.Checkly.Locations;

/// <summary>A private location: one that no public region is called.</summary>
/// <param name="Id">Its id, the same for ever: derived from the account and the slug.</param>
/// <param name="SlugName">Its code, which is the ledger's location.</param>
/// <param name="Name">Its name for people.</param>
public sealed record PrivateLocation(Guid Id, string SlugName, string Name)
{
    private const int Version = 0x80;
    private const int Variant = 0x80;

    /// <summary>The private location of that name.</summary>
    public static PrivateLocation Of(Guid accountId, string location)
    {
        var id = SHA256.HashData(Encoding.UTF8.GetBytes($"{accountId}/private-locations/{location}")).AsSpan(0, 16);

        // A uuid of version 8, which is for ids made in a way of one's own (RFC 9562).
        id[6] = (byte)((id[6] & 0x0f) | Version);
        id[8] = (byte)((id[8] & 0x3f) | Variant);
        return new PrivateLocation(new Guid(id, bigEndian: true), location, location);
    }
}
