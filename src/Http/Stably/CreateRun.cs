using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Stably;

/// <summary>
/// Creates a run: one session of kind <c>run</c>. What it executes is the project's registered check, narrowed by tags such as
/// <c>environment:staging</c> and <c>playwrightProject:mobile</c>.
/// </summary>
public static class CreateRunEndpoint
{
    [WolverinePost("/v1/projects/{projectId}/runs"), Authorize(Scopes.Command), Errors(400, 401, 429), Tags("Stably: runs")]
    [EndpointSummary("Creates a run of the project; no body is the same as an empty object.")]
    public static async Task<RunCreated> Post(
        string projectId, [FromBody] RunToCreate? asked, Caller caller, PlainRunSessions runs, HttpContext context, CancellationToken cancellation)
    {
        Inputs.Name("projectId", projectId);
        if (!caller.SeesProject(projectId))
        {
            throw RequestRejected.BadRequest("The key is bound to another project.");
        }

        var published = await Body.ReadAsync(context.Request);
        asked ??= new RunToCreate();
        asked.Validate();
        var request = new PlainRunRequest(asked.PlaywrightProjectName ?? projectId, StablyRuns.Kept(projectId), CheckTypes.Playwright)
        {
            Traits = [.. TraitsOf(asked)],
            Environment = asked.Variables(),
            Published = published.IsEmpty ? null : JsonSerializer.Deserialize<JsonElement>(published.Span),
            Metadata = MetadataOf(context.Request, asked),
        };
        var made = await runs.TriggerAsync(caller, request, cancellation);
        context.SetPosition(made.LastPosition);
        return new RunCreated(made.Session.Id);
    }

    private static IEnumerable<string> TraitsOf(RunToCreate asked)
    {
        if (asked.Environment is { } environment)
        {
            yield return $"environment:{environment}";
        }

        if (asked.PlaywrightProjectName is { } name)
        {
            yield return $"playwrightProject:{name}";
        }
    }

    private static JsonObject MetadataOf(HttpRequest request, RunToCreate asked)
    {
        var facts = new JsonObject();
        Keep(RunFacts.BranchName, asked.Branch);
        Keep(RunFacts.Environment, asked.Environment);
        Keep(RunFacts.PlaywrightProjectName, asked.PlaywrightProjectName);
        if (StablyRuns.OriginOf(request) is { } origin)
        {
            facts[ClientOrigin.Member] = JsonSerializer.SerializeToNode(origin);
        }

        return facts;

        void Keep(string name, string? text)
        {
            if (text is not null)
            {
                facts[name] = text;
            }
        }
    }
}

/// <summary>A run that was just created.</summary>
/// <param name="RunId">Its id.</param>
public sealed record RunCreated(Guid RunId);

/// <summary>The body that creates a run.</summary>
public sealed record RunToCreate
{
    /// <summary>The project of the Playwright configuration that is meant.</summary>
    public string? PlaywrightProjectName { get; init; }

    /// <summary>The git branch that the run is about.</summary>
    public string? Branch { get; init; }

    /// <summary>The named environment.</summary>
    public string? Environment { get; init; }

    /// <summary>Variables to set for this run: texts, numbers and booleans; null removes one.</summary>
    public IReadOnlyDictionary<string, JsonElement>? EnvOverrides { get; init; }

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public void Validate()
    {
        Inputs.OptionalName("playwrightProjectName", PlaywrightProjectName);
        Inputs.OptionalName("branch", Branch);
        Inputs.OptionalName("environment", Environment);
        if (EnvOverrides?.Keys.Any(name => name.Length == 0 || name.Contains('=')) is true)
        {
            throw RequestRejected.BadRequest("'envOverrides' holds a name that no variable can have.");
        }
    }

    /// <summary>The overrides as texts.</summary>
    /// <exception cref="RequestRejected">400 for a value that no variable can have.</exception>
    public IReadOnlyDictionary<string, string?> Variables()
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (name, value) in EnvOverrides ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal))
        {
            variables[name] = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                JsonValueKind.Null => null,
                _ => throw RequestRejected.BadRequest($"'envOverrides.{name}' must be a text."),
            };
        }

        return variables;
    }
}
