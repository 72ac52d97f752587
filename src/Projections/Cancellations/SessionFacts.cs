using Ledger.Sessions;

namespace Ledger.Projections.Cancellations;

/// <summary>What the events before a request to cancel say about its session.</summary>
/// <param name="Kind">What it executes.</param>
/// <param name="Project">Its project, or null.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Runs">The runs that were targeted.</param>
internal sealed record SessionFacts(SessionKind Kind, string? Project, string Name, IReadOnlyDictionary<Guid, TargetedRun> Runs);

/// <summary>What they say about one of its runs.</summary>
/// <param name="CheckId">Its check, if there is one.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Location">Where it runs.</param>
/// <param name="TimeoutSeconds">Its own limit, or null.</param>
/// <param name="StartedAt">When its execution had begun; null if it had not. A run that is being cancelled starts no more.</param>
internal sealed record TargetedRun(
    Guid? CheckId, string CheckType, string Name, string Location, int? TimeoutSeconds, DateTimeOffset? StartedAt);
