using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Dialects.Empirical.Concurrency;
using Ledger.Http.Dialects.Empirical.Projects;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Empirical.Trigger;

/// <summary>Triggers a test run (wire.md 6.2): one session of kind <c>run</c>, whose number is the run's id.</summary>
public static class TriggerTestRun
{
    public static void MapTrigger(this IEndpointRouteBuilder routes) => routes
        .MapPut("/api/test-runs", TriggerAsync)
        .RequireScope(Scope.Command)
        .WithSummary("Triggers a test run.")
        .Reads<TestRunTrigger>()
        .Produces<EmpiricalData<TriggeredTestRun>>()
        .ProducesErrors(400, 401, 403, 429);

    private static async Task<IResult> TriggerAsync(HttpContext context, PlainRunSessions runs, LedgerSettings settings)
    {
        var project = context.ProjectOf();
        var bytes = await Body.ReadAsync(context.Request);
        if (bytes.IsEmpty)
        {
            throw RequestRejected.BadRequest("A JSON body with an 'environment' is required.");
        }

        var trigger = Body.ParseJson<TestRunTrigger>(bytes, EmpiricalJson.Options);
        trigger.Validate();
        project.RejectOther(trigger.ProjectId);
        var environment = trigger.Environment!;
        var concurrency = ConcurrencyRule.Of(settings, project);
        var run = await runs.TriggerAsync(context, new PlainRunRequest($"Test run on {environment}", project.Name, CheckTypes.Playwright)
        {
            Traits = [$"environment:{environment}"],
            Environment = EnvironmentOverride.ByName(trigger.EnvironmentVariablesOverrides ?? []),
            Published = JsonSerializer.Deserialize<JsonElement>(bytes.Span),
            Metadata = trigger.Facts(),
            ConcurrencyGroup = concurrency.GroupOf(environment, trigger.AnyBranch),
            OnConflict = concurrency.OnConflict,
        });
        return EmpiricalResult.Data(TriggeredTestRun.Of(run));
    }
}

/// <summary>The answer to a trigger.</summary>
public sealed record TriggeredTestRun(TriggerOutcome Trigger, [property: JsonPropertyName("test_run")] NewTestRun TestRun)
{
    public static TriggeredTestRun Of(SessionSnapshot run) => new(
        new TriggerOutcome(true),
        new NewTestRun(
            run.FirstPosition,
            TestRunStates.Of(run.Session),
            new TestRunFacts(run.Session.Metadata).Branch,
            run.Session.TriggeredAt));
}

/// <summary>Whether the trigger was accepted; refused ones are errors.</summary>
public sealed record TriggerOutcome(bool Success);

/// <summary>A test run that has just been triggered.</summary>
public sealed record NewTestRun(
    long Id,
    TestRunState State,
    [property: JsonPropertyName("test_run_branch")] string? TestRunBranch,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt);
