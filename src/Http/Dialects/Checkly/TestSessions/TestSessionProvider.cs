using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>
/// Through what a test session was triggered (wire.md 3.7). Kept in the session's metadata; a session without it came through an
/// interface.
/// </summary>
public static class TestSessionProvider
{
    /// <summary>Where it stands in a session's metadata.</summary>
    public const string Member = "provider";

    public const string Api = "API";

    public const string Github = "GITHUB";

    public const string Trigger = "TRIGGER";

    /// <summary>Every published provider.</summary>
    public static IReadOnlyList<string> Known { get; } = [Github, "VERCEL", Api, Trigger, "PW_REPORTER"];

    public static string Of(Session session) =>
        session.Metadata is { ValueKind: JsonValueKind.Object } members
        && members.TryGetProperty(Member, out var provider)
        && provider.ValueKind is JsonValueKind.String
            ? provider.GetString()!
            : Api;
}
