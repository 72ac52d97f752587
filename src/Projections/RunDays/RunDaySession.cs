using System.Text.Json;
using Ledger.Projections.SessionList;
using Ledger.Sessions.Events;

namespace Ledger.Projections.RunDays;

/// <summary>A session of kind run, until it is counted.</summary>
/// <param name="Day">The UTC day on which it was triggered.</param>
/// <param name="Place">Where it ran.</param>
/// <param name="IsRerun">Whether it repeats an earlier run.</param>
internal sealed record RunDaySession(DateOnly Day, RunPlace Place, bool IsRerun)
{
    private const string RerunSource = "rerun_source_id";

    /// <summary>What it adds to its day; null while its run is open.</summary>
    public RunDayCounts? Counts { get; init; }

    public static RunDaySession Of(SessionTriggered triggered)
    {
        var git = GitMetadata.Of(triggered.Metadata);
        return new RunDaySession(
            DateOnly.FromDateTime(triggered.At.UtcDateTime),
            new RunPlace(triggered.Project, git.Environment, git.Branch),
            triggered.Metadata is { ValueKind: JsonValueKind.Object } facts
                && facts.TryGetProperty(RerunSource, out var source)
                && source.ValueKind is JsonValueKind.Number);
    }

    /// <summary>Its run has been settled.</summary>
    public RunDaySession Settle(RunDayCounts counts) =>
        this with { Counts = counts.Runs > 0 && IsRerun ? counts with { Reruns = 1 } : counts };
}
