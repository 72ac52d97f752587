using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>A run (wire.md 8.2): a session of kind <c>run</c>, by its id, in whichever dialect it was triggered.</summary>
/// <param name="Input">The request that was published; empty for a run of another dialect.</param>
/// <param name="DeviceModel">Null for the platform's default, even where that was asked for.</param>
/// <param name="ProjectId">The project, if its name is a uuid; other dialects name projects as they like.</param>
/// <param name="Output">The verdict of a completed run.</param>
/// <param name="TestPlan">The ledger plans nothing.</param>
/// <param name="Error">Why a failed run has no verdict.</param>
/// <param name="WebhookStatus">The ledger calls no webhooks of runs.</param>
/// <param name="StepResults">The steps are in the output.</param>
/// <param name="UserName">Who triggered it, if a person's key was used.</param>
/// <param name="ExternalRef">The change that was tested, if it was named.</param>
/// <param name="AutoRetryCount">Failed tries before the result.</param>
public sealed record TesterArmyRun(
    Guid Id,
    RunType Type,
    TesterArmyRunStatus Status,
    JsonElement Input,
    DateTimeOffset CreatedAt,
    Platform? Platform,
    DeviceModel? DeviceModel,
    RunSource? Source,
    Guid? ProjectId,
    TestOutput? Output,
    JsonElement? TestPlan,
    RunError? Error,
    long? DurationMs,
    string? WebhookUrl,
    WebhookStatus? WebhookStatus,
    Guid? TestId,
    IReadOnlyList<JsonElement>? StepResults,
    string? UserName,
    JsonObject? ExternalRef,
    ExecutionMode? ExecutionMode,
    int? AutoRetryCount,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt)
{
    private static readonly JsonElement NoInput = JsonSerializer.SerializeToElement(new JsonObject());
    private static readonly string[] References = ["commitSha", "prNumber"];

    public static TesterArmyRun Of(Session session)
    {
        var run = session.Runs[0];
        var status = TesterArmyRunStatuses.StatusOf(run);
        var input = TriggerFacts.InputOf(session);
        var source = SourceOf(session);
        return new TesterArmyRun(
            session.Id,
            source is RunSource.GithubAction or RunSource.GithubApp ? RunType.Ci : RunType.Test,
            status,
            input ?? NoInput,
            session.TriggeredAt,
            QueryWords<Platform>.Find(input.Text("platform")),
            QueryWords<DeviceModel>.Find(input.Text("deviceModel")) is Runs.DeviceModel.Ipad ? Runs.DeviceModel.Ipad : null,
            source,
            Guid.TryParseExact(session.Project, "D", out var project) ? project : null,
            status is TesterArmyRunStatus.Completed ? TestOutput.Of(session, run) : null,
            TestPlan: null,
            status is TesterArmyRunStatus.Failed ? RunError.Of(run) : null,
            run.IsOpen ? null : run.Final?.ResponseTime ?? (long?)(run.SettledAt - run.StartedAt)?.TotalMilliseconds,
            input.Text("webhookUrl") is { } url && Uri.TryCreate(url, UriKind.Absolute, out _) ? url : null,
            WebhookStatus: null,
            run.Plan.CheckId,
            StepResults: null,
            session.Actor.Kind is ActorKind.User ? session.Actor.Name : null,
            ExternalRefOf(input),
            QueryWords<ExecutionMode>.Find(input.Text("mode")),
            run.Attempts.Count,
            run.StartedAt,
            run.SettledAt);
    }

    private static RunSource? SourceOf(Session session) =>
        QueryWords<RunSource>.Find(session.Metadata.Text(TriggerFacts.Source)) ?? session.Source switch
        {
            SessionSource.TriggerApi => RunSource.Api,
            SessionSource.Scheduler => RunSource.Scheduled,
            _ => null,
        };

    private static JsonObject? ExternalRefOf(JsonElement? input)
    {
        var known = References
            .Select(name => KeyValuePair.Create(name, input.Member(name)))
            .Where(member => member.Value is not null)
            .Select(member => KeyValuePair.Create(member.Key, JsonSerializer.SerializeToNode(member.Value)))
            .ToList();
        return known.Count == 0 ? null : new JsonObject(known);
    }
}

/// <summary>One page of runs.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record TesterArmyRunList(IReadOnlyList<TesterArmyRun> Runs, string? NextCursor);
