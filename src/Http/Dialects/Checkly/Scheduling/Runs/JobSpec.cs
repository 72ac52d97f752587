using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>What a run's spec says about the job that it came from.</summary>
public static class JobSpec
{
    /// <summary>The check's name in its project.</summary>
    public const string LogicalId = "logicalId";

    /// <summary>The command line's own id for the run.</summary>
    public const string CheckRunId = "checkRunId";

    /// <summary>The logical id of a run that was scheduled as a job.</summary>
    public static string LogicalIdOf(Run run) => run.Plan.Spec!.Value.GetProperty(LogicalId).GetString()!;

    /// <summary>The command line's own id for a run; null for one that it gave none.</summary>
    public static Guid? CheckRunIdOf(Run run) =>
        run.Plan.Spec is { ValueKind: JsonValueKind.Object } spec
        && spec.TryGetProperty(CheckRunId, out var text)
        && text.ValueKind is JsonValueKind.String
        && text.TryGetGuid(out var id)
            ? id
            : null;
}
