using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Targets;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>Which checks a test session executes (wire.md 3.6).</summary>
public sealed record TestTarget : CheckTarget
{
    /// <summary>Whether deactivated checks are eligible too.</summary>
    public bool AllowDeactivated { get; init; }

    protected override bool IsEligible(Check check) => (check.Activated || AllowDeactivated) && IsRunnable(check);
}
