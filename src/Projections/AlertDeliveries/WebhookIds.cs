using System.Security.Cryptography;
using System.Text;

namespace Ledger.Projections.AlertDeliveries;

/// <summary>
/// The ids by which receivers know a webhook again. Each follows from the alert and the channel alone: however often the delivery is made
/// or tried, it is the same (docs/domain.md#p14), and no other ledger's.
/// </summary>
public static class WebhookIds
{
    /// <summary>The id of an alert's webhook to a channel.</summary>
    internal static string Of(DueAlert alert) => Of(new Guid(
        SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{alert.AccountId}/{alert.Channel}/{alert.Position}")))
            .AsSpan(0, 16)));

    /// <summary>An id made of a uuid.</summary>
    public static string Of(Guid id) => $"msg_{id:N}";
}
