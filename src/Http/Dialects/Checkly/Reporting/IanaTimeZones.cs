namespace Ledger.Http.Dialects.Checkly.Reporting;

/// <summary>Time zones by their IANA names, and by no others: neither offsets such as <c>+05:00</c> nor the names that Windows has.</summary>
public static class IanaTimeZones
{
    private const int LongestName = 64;

    /// <summary>The zone of that name; null when there is none.</summary>
    public static TimeZoneInfo? Find(string name) =>
        IsName(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;

    /// <summary>
    /// Whether it looks like one: capital first, then letters, digits and a few signs. The system's own files and folders, which are no zones
    /// and would be found as well, look otherwise.
    /// </summary>
    private static bool IsName(string name) =>
        name.Length <= LongestName
        && char.IsAsciiLetterUpper(name[0])
        && name.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '/' or '_' or '-' or '+');
}
