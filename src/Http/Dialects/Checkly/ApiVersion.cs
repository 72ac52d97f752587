using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>The version of the check-session endpoints.</summary>
public enum ApiVersion
{
    /// <summary>Deprecated, and still what clients call. Has no word for cancelled sessions.</summary>
    V1,

    /// <summary>The present one.</summary>
    V2,
}

public static class ApiVersionRules
{
    /// <summary>A session's status as this version writes it: 1 shows a cancelled one as timed out, always (wire.md 3.2, trap 9).</summary>
    public static SessionStatus Show(this ApiVersion version, SessionStatus status) =>
        version is ApiVersion.V1 && status is SessionStatus.Cancelled ? SessionStatus.TimedOut : status;
}
