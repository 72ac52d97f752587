using System.Net;
using System.Net.Sockets;

namespace Ledger.Http.Access;

/// <summary>
/// Looks up who shows a key, or another secret. Whoever is not known by it costs the database a query, so that each address has only so many
/// of them in vain (docs/security.md#strangers). Keys that are in use are never turned away, wherever they come from.
/// </summary>
public sealed class Strangers(ApiKeys keys, RateWindows windows)
{
    /// <summary>The key behind a secret; null for an unknown, expired or revoked one.</summary>
    /// <exception cref="RequestRejected">429 when the address has shown too many that are unknown.</exception>
    public Task<ApiKey?> FindAsync(string secret, IPAddress? address, CancellationToken cancellation) => keys.Remembers(secret)
        ? keys.FindAsync(secret, cancellation)
        : LookUpAsync(address, () => keys.FindAsync(secret, cancellation));

    /// <summary>The same for another secret.</summary>
    /// <param name="address">Where the caller is.</param>
    /// <param name="find">Looks in the database; null for an unknown secret.</param>
    /// <exception cref="RequestRejected">429 when the address has shown too many that are unknown.</exception>
    public async Task<T?> LookUpAsync<T>(IPAddress? address, Func<Task<T?>> find)
        where T : class
    {
        var caller = NameOf(address);
        var verdict = windows.Take(caller, RateLimit.Unknown);
        if (!verdict.IsAllowed)
        {
            throw RequestRejected.TooMany(verdict.ResetSeconds);
        }

        var isStranger = false;
        try
        {
            var found = await find();
            isStranger = found is null;
            return found;
        }
        finally
        {
            if (!isStranger)
            {
                windows.GiveBack(caller, RateLimit.Unknown);
            }
        }
    }

    /// <summary>An address; of IPv6 the network, since its holder chooses the rest.</summary>
    private static string NameOf(IPAddress? address) => address switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };
}
