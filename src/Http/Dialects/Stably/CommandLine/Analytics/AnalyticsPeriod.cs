namespace Ledger.Http.Dialects.Stably.CommandLine.Analytics;

/// <summary>Which runs were looked at.</summary>
/// <param name="Days">Those of so many days up to now.</param>
/// <param name="IsComplete">False when there are more than <see cref="RunHistory.MaximumRuns"/> and only the latest were looked at.</param>
public sealed record AnalyticsPeriod(int Days, bool IsComplete);

/// <summary>What narrowed them.</summary>
/// <param name="Branch">A branch; null for all.</param>
public sealed record AnalyticsFilters(string? Branch);
