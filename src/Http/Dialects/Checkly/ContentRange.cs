namespace Ledger.Http.Dialects.Checkly;

/// <summary>The header in which this dialect tells how many entries a list has (wire.md 3.10, trap 17).</summary>
public static class ContentRange
{
    /// <summary>Its value for a page.</summary>
    /// <param name="first">How many entries come before the page.</param>
    /// <param name="count">How many are on it.</param>
    /// <param name="total">How many there are in all.</param>
    public static string Items(long first, int count, int total) => count == 0
        ? FormattableString.Invariant($"items */{total}")
        : FormattableString.Invariant($"items {first}-{first + count - 1}/{total}");
}
