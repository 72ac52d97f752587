using Ledger.Http.Dialects.Empirical.Projects;
using Ledger.Http.PlainRuns;
using Ledger.Http.Settings;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Empirical.Concurrency;

/// <summary>
/// Which test runs of a project stand in one concurrency group, and what a new one does to the earlier ones (wire.md 6.2). Groups never
/// reach beyond a project (<see cref="Ledger.Sessions.Events.SessionTriggered.ConcurrencyGroup"/>).
/// </summary>
public sealed class ConcurrencyRule
{
    private readonly EmpiricalProjectConcurrency settings;

    private ConcurrencyRule(EmpiricalProjectConcurrency settings) => this.settings = settings;

    /// <summary>What a run of a group does to the earlier ones.</summary>
    public ConflictBehaviour OnConflict =>
        settings.Behaviour == EmpiricalProjectConcurrency.CancelPrevious ? ConflictBehaviour.CancelPrevious : ConflictBehaviour.Queue;

    /// <summary>The rule for a project: its own, or the general one.</summary>
    public static ConcurrencyRule Of(LedgerSettings settings, EmpiricalProject project)
    {
        var concurrency = settings.Empirical.Concurrency;
        return new ConcurrencyRule(
            concurrency.Projects.TryGetValue(project.Name ?? ProjectChecks.DefaultProject, out var own) ? own : concurrency);
    }

    /// <summary>
    /// The group of a run; null when it stands in none. The environment, which has no colon, comes first: no two groups are one.
    /// </summary>
    public string? GroupOf(string environment, string? branch) => settings.Scope switch
    {
        EmpiricalProjectConcurrency.Project => "empirical:project",
        EmpiricalProjectConcurrency.Environment => $"empirical:environment:{environment}",
        EmpiricalProjectConcurrency.BranchEnvironment => $"empirical:branch_environment:{environment}:{branch}",
        _ => null,
    };
}
