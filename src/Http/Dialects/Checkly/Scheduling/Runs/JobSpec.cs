using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>What a run's spec says about the job that it came from.</summary>
internal static class JobSpec
{
    /// <summary>The check's name in its project.</summary>
    public const string LogicalId = "logicalId";

    /// <summary>The command line's own id for the run.</summary>
    public const string CheckRunId = "checkRunId";

    /// <summary>The logical id of a run that was scheduled as a job.</summary>
    public static string LogicalIdOf(Run run) => run.Plan.Spec!.Value.GetProperty(LogicalId).GetString()!;
}
