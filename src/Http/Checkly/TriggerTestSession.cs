namespace Ledger.Http.Checkly;

/// <summary>Triggers one session with a run of each check that is meant, all at one location.</summary>
public static class TriggerTestSessionEndpoint
{
    [WolverinePost("/v1/test-sessions/trigger"), Authorize(Scopes.Command), Errors(400, 401, 403, 404, 429), Tags("Checkly: test sessions")]
    [EndpointSummary("Triggers one session with a run of each check that is meant, all at one location.")]
    public static async Task<Created<TestSession>> Post(
        [FromBody] TestSessionTrigger asked, Caller caller, IQuerySession documents, ChecklySessions sessions, HttpContext context)
    {
        var name = Inputs.Name("name", asked.Name);
        var location = Inputs.Name("runLocation", asked.RunLocation);
        var options = TriggerOptions.MembersOf(asked.RefreshCache, asked.RetryStrategy);
        asked.Metadata?.Validate();
        var environment = EnvironmentVariable.ByName(asked.EnvironmentVariables ?? []);
        var checks = await asked.Target.RequireAsync(documents, context.RequestAborted);
        var (now, budget) = (sessions.Now, new SpecBudget());
        var command = sessions.CommandOf(
            caller,
            SessionKind.Test,
            name,
            SessionSource.TriggerApi,
            MetadataOf(context.Request, asked.Metadata ?? new TestSessionMetadata()),
            checks.Select(check => budget.Take(check.At(location, check.SpecWith(options, environment), now))));
        var made = await sessions.TriggerAsync(context, caller, command);
        return TypedResults.Created((string?)null, new TestSession(made[0], sessions.LinksFor(context.Request), sessions.Now));
    }

    private static JsonElement? MetadataOf(HttpRequest http, TestSessionMetadata metadata)
    {
        var facts = metadata.ToJson();
        facts[TestSessionProvider.Member] = metadata.ReportsToGithub ? TestSessionProvider.Github : TestSessionProvider.Api;
        return ChecklyRequests.MetadataOf(http, facts);
    }
}

/// <summary>The body of a trigger of a test session.</summary>
/// <param name="RunLocation">Where all of it runs: a region, or a private location's slug. Required.</param>
/// <param name="EnvironmentVariables">At most <see cref="EnvironmentVariable.Maximum"/>.</param>
public sealed record TestSessionTrigger(
    string? Name = null,
    string? RunLocation = null,
    IReadOnlyList<EnvironmentVariable>? EnvironmentVariables = null,
    RetryStrategy? RetryStrategy = null,
    bool RefreshCache = false,
    TestSessionMetadata? Metadata = null)
{
    /// <summary>Which checks.</summary>
    public TestTarget Target { get; init; } = new();
}
