namespace Ledger.Http.Checks;

/// <summary>Registers a check, or what has changed of it.</summary>
public static class RegisterCheckEndpoint
{
    [WolverinePut("/ledger/checks/{checkId}"), Authorize(Scopes.CommandOrAdmin), Tags("Checks")]
    [EndpointSummary("Registers a check, or changes it: 201 when it is new, 200 otherwise.")]
    public static async Task<Results<Ok<Check>, Created<Check>>> Put(
        string checkId,
        [FromBody] CheckRequest request,
        Caller caller,
        IDocumentSession documents,
        SpecSecrets secrets,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var id = Inputs.Uuid("check id", checkId);
        request.Validate();
        await documents.RequireRoomForChecksAsync([id], cancellation);
        var now = clock.GetUtcNow();
        var (check, isNew) = await documents.PutAsync<Check>(
            id,
            there => new Check(
                id,
                request.Name,
                request.CheckType,
                [.. request.Tags.Distinct()],
                [.. request.Locations.Distinct()],
                request.Activated,
                request.MaxResponseTime,
                request.DegradedResponseTime,
                secrets.Seal(caller.AccountId, request.Spec, there?.Spec),
                there?.CreatedAt ?? now,
                now),
            cancellation);
        return isNew ? TypedResults.Created((string?)null, check.Shown()) : TypedResults.Ok(check.Shown());
    }
}

public static class RoomForChecks
{
    /// <summary>Refuses more checks than an account may have.</summary>
    /// <param name="ids">The checks that are to be registered, or registered anew.</param>
    /// <exception cref="RequestRejected">409 when there would be too many.</exception>
    public static async Task RequireRoomForChecksAsync(this IQuerySession documents, Guid[] ids, CancellationToken cancellation)
    {
        var all = await documents.Query<Check>().CountAsync(cancellation) + ids.Length;
        if (all > Check.Maximum && all - await documents.Query<Check>().CountAsync(check => check.Id.IsOneOf(ids), cancellation) > Check.Maximum)
        {
            throw new RequestRejected(StatusCodes.Status409Conflict, "too-many", $"An account has at most {Check.Maximum} checks.");
        }
    }
}

/// <summary>A check to register.</summary>
public sealed record CheckRequest(
    string Name,
    string CheckType,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Locations,
    bool Activated = true,
    long? MaxResponseTime = null,
    long? DegradedResponseTime = null,
    JsonElement? Spec = null)
{
    private const int MaximumTags = 200;
    private const int MaximumLocations = 100;

    public void Validate()
    {
        Inputs.Name("name", Name);
        Inputs.CheckType("checkType", CheckType);
        Inputs.Spec(Spec);
        if (Tags.Count > MaximumTags || Tags.Any(tag => string.IsNullOrWhiteSpace(tag) || tag.Length > Limits.Name))
        {
            throw RequestRejected.BadRequest($"'tags' must be at most {MaximumTags} texts of 1 to {Limits.Name} characters.");
        }

        if (Locations.Count is 0 or > MaximumLocations
            || Locations.Any(location => string.IsNullOrWhiteSpace(location) || location.Length > Limits.Name))
        {
            throw RequestRejected.BadRequest($"'locations' must be 1 to {MaximumLocations} texts of 1 to {Limits.Name} characters.");
        }

        if (MaxResponseTime < 1 || DegradedResponseTime < 1)
        {
            throw RequestRejected.BadRequest("'maxResponseTime' and 'degradedResponseTime' must be at least 1 millisecond.");
        }
    }
}
