using System.Collections.Frozen;

namespace Ledger.Sessions;

/// <summary>
/// The types of check that the ledger knows (docs/dialects/checkly.md#words). Which of them can be cancelled is a setting.
/// </summary>
public static class CheckTypes
{
    /// <summary>A Playwright check suite: the one type that is cancellable by default (docs/domain.md#rule-1).</summary>
    public const string Playwright = "PLAYWRIGHT";

    /// <summary>Every known type.</summary>
    public static FrozenSet<string> Known { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "AGENTIC", "API", "BROWSER", "HEARTBEAT", "ICMP", "MULTI_STEP", "TCP", Playwright, "URL", "DNS", "SSL", "GRPC", "TRACEROUTE");
}
