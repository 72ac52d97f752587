namespace Ledger.Http.Checkly;

/// <summary>Triggers one session with a run of each registered check that <c>checkly trigger</c> means.</summary>
public static class TriggerChecksEndpoint
{
    private const string NoMatchingChecks = "ERR_NO_MATCHING_CHECKS";

    [WolverinePost("/next/test-sessions/trigger"), Authorize(Scopes.Command), Errors(400, 401, 403, 413, 429), Tags("Checkly: command line")]
    [EndpointSummary("Triggers one session with a run of each registered check that is meant.")]
    public static async Task<Created<TriggeredChecks>> Post(
        [FromBody] ChecksTrigger asked, Caller caller, IQuerySession documents, ChecklySessions sessions, HttpContext context)
    {
        var name = Inputs.Name("name", asked.Name);
        var location = RunLocation.NameOf(asked.RunLocation);
        var environment = EnvironmentVariable.OfCommandLine(asked.EnvironmentVariables);
        var options = TriggerOptions.MembersOf(asked.RefreshCache, asked.TestRetryStrategy);
        var metadata = SuiteMetadata.Of(context.Request, asked.RepoInfo, asked.Environment, asked.CheckRunSuiteId);
        var target = new CheckTarget { MatchTags = asked.TargetTags is { Count: > 0 } tags ? tags : null, CheckId = asked.CheckId };
        var checks = await target.SelectAsync(documents, context.RequestAborted);
        if (checks.Count == 0)
        {
            throw NothingMatches();
        }

        var (now, budget) = (sessions.Now, new SpecBudget());
        var command = sessions.CommandOf(
            caller,
            SessionKind.Test,
            name,
            asked.ShouldRecord ? SessionSource.TriggerRecord : SessionSource.TriggerNoRecord,
            metadata,
            checks.Select(check => budget.Take(check.At(location, check.SpecWith(options, environment), now))));
        var made = await sessions.TriggerAsync(context, caller, command);
        return TypedResults.Created((string?)null, AnswerOf(made[0], asked.ShouldRecord));
    }

    private static TriggeredChecks AnswerOf(Session session, bool recorded) => new(
        [.. session.Runs.Select(run => new TriggeredCheck(CheckIds.Of(run), run.Plan.Name, run.Plan.CheckType))],
        recorded ? session.Id : null,
        recorded ? session.Runs.ToDictionary(CheckIds.Of, run => ResultIds.Derived(run.SequenceId)) : null,
        session.Runs.ToDictionary(CheckIds.Of, run => run.SequenceId));

    /// <summary>By this code the command line knows that its user's filter matches nothing; any other 403 is a failure to it.</summary>
    private static RequestRejected NothingMatches() =>
        new(StatusCodes.Status403Forbidden, "no-matching-checks", "No matching checks were found.")
        {
            Members = new Dictionary<string, object?>(StringComparer.Ordinal) { [ChecklyEnvelope.ErrorCode] = NoMatchingChecks },
        };
}

/// <summary>The body with which <c>checkly trigger</c> schedules.</summary>
/// <param name="CheckRunSuiteId">The command line's own id for what it waits for.</param>
/// <param name="TargetTags">Any of these groups. The command line sends an empty array when its user named no tags: everything is meant.</param>
public sealed record ChecksTrigger(
    string? Name = null,
    bool ShouldRecord = true,
    RunLocation? RunLocation = null,
    Guid? CheckRunSuiteId = null,
    [property: JsonConverter(typeof(TagGroupsConverter))] IReadOnlyList<IReadOnlyList<string>>? TargetTags = null,
    [property: JsonConverter(typeof(OneOrManyConverter<Guid>))] IReadOnlyList<Guid>? CheckId = null,
    IReadOnlyList<EnvironmentVariable>? EnvironmentVariables = null,
    TestSessionMetadata? RepoInfo = null,
    string? Environment = null,
    RetryStrategy? TestRetryStrategy = null,
    bool RefreshCache = false);

/// <summary>The answer. A user who did not want to record gets neither session nor results named.</summary>
public sealed record TriggeredChecks(
    IReadOnlyList<TriggeredCheck> Checks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? TestSessionId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<Guid, Guid>? TestResultIds,
    IReadOnlyDictionary<Guid, Guid> SequenceIds);

/// <summary>A check that was scheduled.</summary>
public sealed record TriggeredCheck(Guid Id, string Name, string CheckType);
