namespace Ledger.Http.Sessions;

/// <summary>Triggers a session natively.</summary>
public static class TriggerSessionEndpoint
{
    [WolverinePost("/ledger/sessions"), Authorize(Scopes.Command), Tags("Sessions"), EndpointSummary("Triggers a session.")]
    public static async Task<Created<SessionMade>> Post(
        [FromBody] SessionRequest request, Caller caller, SessionWriter sessions, TimeProvider clock, HttpContext context)
    {
        var made = await sessions.TriggerAsync(context, caller, request.ToCommand(caller, clock.GetUtcNow()));
        return TypedResults.Created($"/ledger/sessions/{made[0].Session.Id}", SessionMade.Of(made[0]));
    }
}

/// <summary>A session to trigger, for platforms that schedule their own work.</summary>
public sealed record SessionRequest(
    SessionKind Kind,
    string Name,
    IReadOnlyList<RunRequest> Runs,
    SessionSource Source = SessionSource.TriggerApi,
    string? Project = null,
    string? ConcurrencyGroup = null,
    ConflictBehaviour OnConflict = ConflictBehaviour.Queue,
    JsonElement? Metadata = null)
{
    /// <summary>The command, with fresh ids.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public TriggerSession ToCommand(Caller caller, DateTimeOffset now)
    {
        Inputs.Name("name", Name);
        Inputs.OptionalName("project", Project);
        Inputs.OptionalName("concurrencyGroup", ConcurrencyGroup);
        if (Metadata is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) })
        {
            throw RequestRejected.BadRequest("'metadata' must be an object.");
        }

        return new TriggerSession(
            Guid.CreateVersion7(now),
            caller.AccountId,
            Kind,
            Project,
            Name,
            Source,
            caller.Actor,
            ConcurrencyGroup,
            OnConflict,
            Metadata is { ValueKind: JsonValueKind.Object } ? Metadata : null,
            [.. Runs.Select(run => run.ToPlan(now))]);
    }
}

/// <summary>One run of a session to trigger.</summary>
public sealed record RunRequest(string CheckType, string Name, string Location, Guid? CheckId = null, JsonElement? Spec = null)
{
    public PlannedRun ToPlan(DateTimeOffset now) => new(
        Guid.CreateVersion7(now),
        CheckId,
        Inputs.CheckType("runs.checkType", CheckType),
        Inputs.Name("runs.name", Name),
        Inputs.Name("runs.location", Location),
        Spec,
        Inputs.Spec(Spec));
}

/// <summary>A session that was just triggered.</summary>
public sealed record SessionMade(Guid SessionId, long Number, IReadOnlyList<RunMade> Runs)
{
    public static SessionMade Of(SessionSnapshot made) => new(
        made.Session.Id,
        made.FirstPosition,
        [.. made.Session.Runs.Select(run => new RunMade(run.SequenceId, run.Plan.CheckId, run.Plan.CheckType, run.Plan.Name, run.Plan.Location))]);
}

/// <summary>A run of a session that was just triggered.</summary>
public sealed record RunMade(Guid SequenceId, Guid? CheckId, string CheckType, string Name, string Location);
