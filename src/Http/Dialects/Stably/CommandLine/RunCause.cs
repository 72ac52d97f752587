using System.Text.Json.Serialization;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Stably.CommandLine;

/// <summary>Where a run was started (wire.md 9).</summary>
public enum RunSource
{
    [JsonStringEnumMemberName("LOCAL")] Local,
    [JsonStringEnumMemberName("CI")] Ci,
    [JsonStringEnumMemberName("WEB")] Web,
}

/// <summary>What started a run (wire.md 9).</summary>
public enum RunTrigger
{
    [JsonStringEnumMemberName("MANUAL")] Manual,
    [JsonStringEnumMemberName("SCHEDULED")] Scheduled,
    [JsonStringEnumMemberName("UI")] Ui,
    [JsonStringEnumMemberName("API")] Api,
    [JsonStringEnumMemberName("GITHUB_ACTION")] GithubAction,
    [JsonStringEnumMemberName("SUITE_RUN")] SuiteRun,
}

/// <summary>
/// How the ledger's sources read in this dialect. A request to a public interface, which is what creates a run here, counts as CI's; the
/// ledger cannot tell whether it came from a GitHub action, unless a deployment says so.
/// </summary>
public static class RunCause
{
    public static (RunSource Source, RunTrigger Trigger) Of(SessionSource source) => source switch
    {
        SessionSource.TriggerApi or SessionSource.LegacyTrigger => (RunSource.Ci, RunTrigger.Api),
        SessionSource.Deployment or SessionSource.DeploymentCacheWarmer or SessionSource.CliDeploy => (RunSource.Ci, RunTrigger.GithubAction),
        SessionSource.TestRecord or SessionSource.TestNoRecord => (RunSource.Local, RunTrigger.Manual),
        SessionSource.TriggerRecord or SessionSource.TriggerNoRecord => (RunSource.Local, RunTrigger.Manual),
        SessionSource.Scheduler => (RunSource.Web, RunTrigger.Scheduled),
        SessionSource.ScheduleNow => (RunSource.Web, RunTrigger.Manual),
        SessionSource.Editor => (RunSource.Web, RunTrigger.Ui),
        SessionSource.GroupRunAll => (RunSource.Web, RunTrigger.SuiteRun),
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "A source that has no place here."),
    };

    /// <summary>The ledger's sources that read so; null stands for any. None for a pair that never occurs.</summary>
    public static IReadOnlyList<SessionSource> SourcesOf(RunSource? source, RunTrigger? trigger) =>
    [
        .. Enum.GetValues<SessionSource>().Where(candidate => Of(candidate) is var cause
            && (source is null || cause.Source == source)
            && (trigger is null || cause.Trigger == trigger)),
    ];
}
