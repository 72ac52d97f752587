namespace Ledger.Http.TesterArmy;

/// <summary>
/// Triggers a run of what a prompt says: the simplest way to create one. What executes it is the check of the project, and the prompt is
/// handed to it.
/// </summary>
public static class TriggerPromptEndpoint
{
    private const int LongestName = 120;

    [WolverinePost("/v1/runs"), Authorize(Scopes.Command), Errors(400, 401, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Triggers a run of what a prompt says.")]
    public static async Task<Accepted<PromptRunQueued>> Post(
        [FromBody] PromptRequest asked, Caller caller, PlainRunSessions runs, HttpContext context, CancellationToken cancellation)
    {
        asked.Validate();
        var input = TriggerFacts.Published(asked);
        var request = new PlainRunRequest(NameOf(asked.Prompt!), asked.ProjectId?.ToString() ?? caller.Project, CheckTypes.Playwright)
        {
            Published = JsonSerializer.SerializeToElement(input),
            Metadata = TriggerFacts.Of(input, RunSource.Api),
        };
        var made = await runs.TriggerAsync(caller, request, cancellation);
        context.SetPosition(made.LastPosition);
        return TypedResults.Accepted(
            (string?)null, new PromptRunQueued(made.Session.Id, TesterArmyRunStatus.Queued, made.Session.TriggeredAt));
    }

    /// <summary>The beginning of the prompt, never half of a character.</summary>
    private static string NameOf(string prompt)
    {
        var name = prompt.Trim();
        if (name.Length <= LongestName)
        {
            return name;
        }

        return char.IsHighSurrogate(name[LongestName - 1]) ? name[..(LongestName - 1)] : name[..LongestName];
    }
}

/// <summary>A prompt to run. Further members are kept and handed to the runner as they are.</summary>
public sealed record PromptRequest
{
    /// <summary>What to do, in words. Required.</summary>
    public string? Prompt { get; init; }

    /// <summary>The project that the run belongs to.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>Kept and shown; the ledger does not call it.</summary>
    public string? WebhookUrl { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Further { get; init; }

    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Prompt))
        {
            throw RequestRejected.BadRequest("'prompt' must not be empty.");
        }

        if (WebhookUrl is not null && !Uri.TryCreate(WebhookUrl, UriKind.Absolute, out _))
        {
            throw RequestRejected.BadRequest("'webhookUrl' must be an absolute address.");
        }
    }
}

/// <summary>A run of a prompt that was just triggered.</summary>
public sealed record PromptRunQueued(Guid Id, TesterArmyRunStatus Status, DateTimeOffset CreatedAt);
