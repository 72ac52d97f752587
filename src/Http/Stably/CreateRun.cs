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
            Traits =
            [
                .. asked.Environment is { } environment ? [$"environment:{environment}"] : Array.Empty<string>(),
                .. asked.PlaywrightProjectName is { } name ? [$"playwrightProject:{name}"] : Array.Empty<string>(),
            ],
            Environment = asked.Variables(),
            Published = published.IsEmpty ? null : JsonSerializer.Deserialize<JsonElement>(published.Span),
            Metadata = MetadataOf(context.Request, asked),
        };
        var made = await runs.TriggerAsync(caller, request, cancellation);
        context.SetPosition(made.LastPosition);
        return new RunCreated(made.Session.Id);
    }

    private static JsonObject MetadataOf(HttpRequest request, RunToCreate asked)
    {
        (string Name, JsonNode? Value)[] facts =
        [
            (RunFacts.BranchName, asked.Branch),
            (RunFacts.Environment, asked.Environment),
            (RunFacts.PlaywrightProjectName, asked.PlaywrightProjectName),
            (ClientOrigin.Member, JsonSerializer.SerializeToNode(StablyRuns.Origin.Of(request))),
        ];
        return new JsonObject(facts.Where(fact => fact.Value is not null).Select(fact => KeyValuePair.Create(fact.Name, fact.Value)));
    }
}

/// <summary>A run that was just created.</summary>
public sealed record RunCreated(Guid RunId);

/// <summary>The body that creates a run.</summary>
/// <param name="PlaywrightProjectName">The project of the Playwright configuration that is meant.</param>
/// <param name="EnvOverrides">Variables to set for this run: texts, numbers and booleans; null removes one.</param>
public sealed record RunToCreate(
    string? PlaywrightProjectName = null,
    string? Branch = null,
    string? Environment = null,
    IReadOnlyDictionary<string, JsonElement>? EnvOverrides = null)
{
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
