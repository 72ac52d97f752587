namespace Ledger.Sessions;

/// <summary>A limit on everything that callers can make grow. Requests beyond one are refused, never truncated.</summary>
public static class Limits
{
    /// <summary>Runs in one session, and sequence ids in one cancel (docs/dialects/checkly.md#cancel).</summary>
    public const int Runs = 10_000;

    /// <summary>Reports (attempts, finals, late ones) kept for one run; its result, which comes once, always has room.</summary>
    public const int ReportsPerRun = 1_000;

    /// <summary>Refused cancels recorded for one session; further ones are refused all the same, without a record.</summary>
    public const int RefusalsPerSession = 100;

    /// <summary>Bytes of JSON in a session's metadata.</summary>
    public const int Metadata = 1024 * 1024;

    /// <summary>Characters in a cancel's reason (docs/dialects/empirical.md#cancel).</summary>
    public const int Reason = 4_096;

    /// <summary>
    /// Characters in a name, a location, a project, a concurrency group or an id that callers choose. So few that PostgreSQL can keep any of
    /// them in an index, whose entries have at most 2,704 bytes, though each character takes three: a longer one would stop the projection
    /// that it comes to.
    /// </summary>
    public const int Name = 800;
}
