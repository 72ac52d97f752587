using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>Triggers one session with a run of each check that is meant, all at one location.</summary>
public static class TriggerTestSessionEndpoint
{
    [WolverinePost("/v1/test-sessions/trigger"), Authorize(Scopes.Command), Errors(400, 401, 403, 404, 429), Tags("Checkly: test sessions")]
    [EndpointSummary("Triggers one session with a run of each check that is meant, all at one location.")]
    [ProducesResponseType<TestSession>(StatusCodes.Status201Created)]
    public static async Task<IResult> Post(
        [FromBody] TestSessionTrigger asked, Caller caller, IQuerySession documents, ChecklySessions sessions, HttpContext context)
    {
        asked.Validate();
        var environment = EnvironmentVariable.ByName(asked.EnvironmentVariables ?? []);
        var options = TriggerOptions.MembersOf(asked.RefreshCache, asked.RetryStrategy);
        var checks = await documents.SelectAsync(asked.Target, context.RequestAborted);
        var now = sessions.Now;
        var command = sessions.CommandOf(
            caller,
            SessionKind.Test,
            asked.Name!,
            SessionSource.TriggerApi,
            MetadataOf(context.Request, asked),
            checks.Select(check => check.At(asked.RunLocation!, check.SpecWith(options, environment), now)));
        var made = await sessions.TriggerAsync(context, caller, command);
        return TypedResults.Json(
            TestSession.Of(made[0], sessions.LinksFor(context.Request), sessions.Now), Json.Options, statusCode: StatusCodes.Status201Created);
    }

    private static JsonElement? MetadataOf(HttpRequest http, TestSessionTrigger asked)
    {
        var metadata = asked.Metadata ?? new TestSessionMetadata();
        var facts = metadata.ToJson();
        facts[TestSessionProvider.Member] = metadata.ReportsToGithub ? TestSessionProvider.Github : TestSessionProvider.Api;
        return ChecklyRequests.MetadataOf(http, facts);
    }
}

/// <summary>The body of a trigger of a test session.</summary>
public sealed record TestSessionTrigger
{
    /// <summary>What people call the session. Required.</summary>
    public string? Name { get; init; }

    /// <summary>Where all of it runs: a region, or a private location's slug. Required.</summary>
    public string? RunLocation { get; init; }

    /// <summary>Which checks.</summary>
    public TestTarget Target { get; init; } = new();

    /// <summary>At most <see cref="EnvironmentVariable.Maximum"/>.</summary>
    public IReadOnlyList<EnvironmentVariable>? EnvironmentVariables { get; init; }

    /// <summary>When failed runs are tried again; null for the check's own way.</summary>
    public RetryStrategy? RetryStrategy { get; init; }

    /// <summary>Whether the runner is to install dependencies from scratch.</summary>
    public bool RefreshCache { get; init; }

    /// <summary>What is known of the code under test.</summary>
    public TestSessionMetadata? Metadata { get; init; }

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public void Validate()
    {
        Inputs.Name("name", Name);
        Inputs.Name("runLocation", RunLocation);
        RetryStrategy?.Validate();
        Metadata?.Validate();
    }
}
