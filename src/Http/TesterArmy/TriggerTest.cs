namespace Ledger.Http.TesterArmy;

/// <summary>Triggers a run of a test. Any uuid will do; a registered check of that id is what the run executes.</summary>
public static class TriggerTestEndpoint
{
    [WolverinePost("/v1/tests/{testId}/runs"), Authorize(Scopes.Command), Errors(400, 401, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Triggers a run of a test.")]
    public static async Task<Accepted<TestRunQueued>> Post(
        string testId,
        [FromBody] TestRunRequest? asked,
        Caller caller,
        IQuerySession documents,
        PlainRunSessions runs,
        HttpContext context,
        CancellationToken cancellation)
    {
        var id = Inputs.Uuid("test id", testId);
        var check = await documents.LoadAsync<Check>(id, cancellation);
        var input = TriggerFacts.Published(asked ?? new TestRunRequest());
        var request = new PlainRunRequest(NameOf(id, check), caller.Project, CheckTypes.Playwright)
        {
            CheckId = id,
            Published = input.Count == 0 ? null : JsonSerializer.SerializeToElement(input),
            Metadata = TriggerFacts.Of(input, RunSource.Api),
        };
        var made = await runs.TriggerAsync(caller, request, cancellation);
        context.SetPosition(made.LastPosition);
        return TypedResults.Accepted((string?)null, new TestRunQueued(TesterArmyRunStatus.Queued, made.Session.Id, id));
    }

    /// <summary>What the run of a test is called.</summary>
    public static string NameOf(Guid testId, Check? check) => check?.Name ?? $"Test {testId}";
}

/// <summary>How a test is to be run; all of it is handed to the runner.</summary>
public sealed record TestRunRequest(
    ExecutionMode? Mode = null, Platform? Platform = null, DeviceModel? DeviceModel = null, Guid? AppId = null, Guid? ProjectEnvironmentId = null);

/// <summary>A run of a test that was just triggered.</summary>
public sealed record TestRunQueued(TesterArmyRunStatus Status, Guid RunId, Guid TestId);
