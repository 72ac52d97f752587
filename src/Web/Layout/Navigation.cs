using Ledger.Access;

namespace Ledger.Web.Layout;

/// <summary>A page that the navigation leads to.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Word">What it is called.</param>
/// <param name="Glyph">Its picture.</param>
/// <param name="Scopes">It is offered to who has one of these.</param>
public sealed record NavigationEntry(string Address, string Word, string Glyph, params IReadOnlyList<Scope> Scopes)
{
    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<NavigationEntry> All { get; } =
    [
        new("/sessions", "Sessions", "sessions", Scope.Read),
        new("/cancellations", "Cancellations", "cancel", Scope.Read),
        new("/checks", "Checks", "check", Scope.Read),
        new("/alerts", "Alerts", "alert", Scope.Read),
        new("/runners", "Runners", "runner", Scope.Read),
        new("/settings", "Settings", "settings", Scope.Admin, Scope.Operator),
    ];
}
