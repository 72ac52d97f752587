using System.Net;
using System.Net.Sockets;

namespace Ledger.Http.AlertChannels.Sending;

/// <summary>
/// Tells addresses of the public internet from all others: this machine's, its network's, its provider's. Who may name a webhook's address
/// could otherwise have the ledger call what only the ledger can reach.
/// </summary>
public static class PublicAddress
{
    /// <summary>Not public, after IANA's special-purpose registries; and the address at which one large provider serves its machines.</summary>
    private static readonly IPNetwork[] Special =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
            "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20",
        ]).Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>Addresses that lead to the IPv4 address in their last four bytes.</summary>
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Addresses that lead to the IPv4 address in their third to sixth byte.</summary>
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Whether an address is one of the public internet; an IPv4 address in the clothes of IPv6 is judged as what it is.</summary>
    public static bool Is(IPAddress address)
    {
        if (address.AddressFamily is AddressFamily.InterNetworkV6)
        {
            var bytes = address.GetAddressBytes();
            if (address.IsIPv4MappedToIPv6 || Translated.Contains(address))
            {
                return Is(new IPAddress(bytes.AsSpan(12)));
            }

            if (SixToFour.Contains(address))
            {
                return Is(new IPAddress(bytes.AsSpan(2, 4)));
            }

            if (!GlobalUnicast.Contains(address))
            {
                return false;
            }
        }

        return !Special.Any(network => network.Contains(address));
    }
}
