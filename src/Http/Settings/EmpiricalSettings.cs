namespace Ledger.Http.Settings;

/// <summary>Empirical's dialect (docs/dialects/empirical.md).</summary>
public sealed class EmpiricalSettings
{
    public EmpiricalConcurrencySettings Concurrency { get; set; } = new();
}

/// <summary>
/// Which test runs stand in one group, and what a new one does to the earlier of its group (docs/dialects/empirical.md#concurrency).
/// </summary>
public sealed class EmpiricalConcurrencySettings : EmpiricalProjectConcurrency
{
    /// <summary>Other rules for some projects, by name; <c>default</c> is the default project.</summary>
    public Dictionary<string, EmpiricalProjectConcurrency> Projects { get; set; } = [];

    /// <summary>The rule for a project: its own, or the general one.</summary>
    public EmpiricalProjectConcurrency Of(string project) => Projects.GetValueOrDefault(project, this);

    /// <summary>What is wrong with them, in one sentence; null when nothing is.</summary>
    public string? Fault()
    {
        const string section = "Ledger:Empirical:Concurrency";
        return FaultIn(section)
            ?? Projects.Select(project => project.Value.FaultIn($"{section}:Projects:{project.Key}"))
                .FirstOrDefault(fault => fault is not null);
    }
}

/// <summary>The rule for one project, in the published words.</summary>
public class EmpiricalProjectConcurrency
{
    public const string None = "none";
    public const string Project = "project";
    public const string Environment = "environment";
    public const string BranchEnvironment = "branch_environment";
    public const string CancelPrevious = "cancel_previous";
    public const string QueueNew = "queue_new";

    /// <summary>Which runs stand in one group: <c>none</c>, <c>project</c>, <c>environment</c> or <c>branch_environment</c>.</summary>
    public string Scope { get; set; } = None;

    /// <summary>
    /// <c>queue_new</c>: the new run waits until the earlier ones are settled. <c>cancel_previous</c>: the ledger cancels them, and the new
    /// run waits until they have stopped.
    /// </summary>
    public string Behaviour { get; set; } = QueueNew;

    public bool CancelsPrevious => Behaviour == CancelPrevious;

    /// <summary>
    /// The group of a run within its project; null when it stands in none. The environment, which has no colon, comes first: no two groups are one.
    /// </summary>
    public string? GroupOf(string environment, string? branch) => Scope switch
    {
        Project => "empirical:project",
        Environment => $"empirical:environment:{environment}",
        BranchEnvironment => $"empirical:branch_environment:{environment}:{branch}",
        _ => null,
    };

    /// <summary>What is wrong with this rule; null when nothing is.</summary>
    public string? FaultIn(string section) => this switch
    {
        { Scope: not (None or Project or Environment or BranchEnvironment) } =>
            $"{section}:Scope must be {None}, {Project}, {Environment} or {BranchEnvironment}.",
        { Behaviour: not (CancelPrevious or QueueNew) } => $"{section}:Behaviour must be {CancelPrevious} or {QueueNew}.",
        _ => null,
    };
}
