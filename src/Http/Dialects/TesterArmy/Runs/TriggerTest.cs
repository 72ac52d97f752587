using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.PlainRuns;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>Triggers a run of a test (wire.md 8.2). Any uuid will do; a registered check of that id is what the run executes.</summary>
public static class TriggerTest
{
    public static async Task<IResult> HandleAsync(HttpContext context, string testId, CheckRegistry checks, PlainRunSessions runs)
    {
        var id = Inputs.Uuid("test id", testId);
        var request = await Body.ReadJsonAsync<TestRunRequest>(context.Request, TesterArmyJson.Options) ?? new TestRunRequest();
        var key = context.Key();
        var check = await checks.FindAsync(key.AccountId, id, context.RequestAborted);
        var input = TesterArmyJson.Published(request);
        var made = await runs.TriggerAsync(context, new PlainRunRequest(NameOf(id, check), key.Project, CheckTypes.Playwright)
        {
            CheckId = id,
            Published = input.Count == 0 ? null : JsonSerializer.SerializeToElement(input),
            Metadata = TriggerFacts.Of(input, RunSource.Api),
        });
        return TesterArmyJson.Answer(new TestRunQueued(TesterArmyRunStatus.Queued, made.Session.Id, id), StatusCodes.Status202Accepted);
    }

    /// <summary>What the run of a test is called.</summary>
    public static string NameOf(Guid testId, Check? check) => check?.Name ?? $"Test {testId}";
}

/// <summary>How a test is to be run; all of it is handed to the runner.</summary>
public sealed record TestRunRequest
{
    public ExecutionMode? Mode { get; init; }

    public Platform? Platform { get; init; }

    public DeviceModel? DeviceModel { get; init; }

    public Guid? AppId { get; init; }

    public Guid? ProjectEnvironmentId { get; init; }
}

/// <summary>A run of a test that was just triggered.</summary>
public sealed record TestRunQueued(TesterArmyRunStatus Status, Guid RunId, Guid TestId);
