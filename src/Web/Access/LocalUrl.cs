namespace Ledger.Web.Access;

/// <summary>Where somebody is sent after signing in: an address on this host, whatever was asked for.</summary>
internal static class LocalUrl
{
    public const string Home = "/sessions";

    /// <summary>The address if it is one of this host's own; else the first page.</summary>
    public static string Of(string? url) =>
        url is ['/', ..] and not ['/', '/' or '\\', ..] && url.Length <= 2_000 && !url.Any(char.IsControl) && url != "/" ? url : Home;
}
