using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Stably;

/// <summary>The facts about a run's trigger, kept in its session's metadata under the names that all dialects publish them by.</summary>
public static class RunFacts
{
    public const string BranchName = "branchName";
    public const string CommitId = "commitId";
    public const string Environment = "environment";
    public const string PlaywrightProjectName = "playwrightProjectName";

    /// <summary>The suite that a run belongs to, where the platform that triggered it names one; this dialect's own requests do not.</summary>
    public const string SuiteName = "suiteName";

    /// <summary>A fact that is a text; null when it is not there.</summary>
    public static string? Text(Session session, string name) => session.Metadata.Text(name);
}
