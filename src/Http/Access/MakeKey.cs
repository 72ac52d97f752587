namespace Ledger.Http.Access;

/// <summary>Makes a key. Nobody gives away what they do not have: neither a scope, nor a project outside their own.</summary>
public static class MakeKeyEndpoint
{
    [WolverinePost("/ledger/keys"), Authorize(Scopes.Admin), Tags("Keys")]
    [EndpointSummary("Makes a key, with scopes and a project that the asking key has itself. The secret is in this answer and nowhere else.")]
    public static async Task<Created<MadeKey>> Post(
        [FromBody] NewKey request, Caller caller, ApiKeys keys, TimeProvider clock, HttpContext context, CancellationToken cancellation) =>
        TypedResults.Created((string?)null, await MakeAsync(request, caller, context.Key().Scopes, keys, clock, cancellation));

    /// <summary>Makes a key for somebody who may do this themselves.</summary>
    internal static async Task<MadeKey> MakeAsync(
        NewKey request, Caller caller, IReadOnlyList<Scope> held, ApiKeys keys, TimeProvider clock, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        request.Validate(now);
        if (request.Scopes.Except(held).ToList() is [var missing, ..])
        {
            throw RequestRejected.Forbidden($"The key does not have the scope '{Scopes.Of(missing)}' itself.");
        }

        var key = new ApiKey(
            Guid.CreateVersion7(now),
            caller.AccountId,
            request.Name,
            request.Owner,
            caller.Within(request.Project),
            request.Scopes,
            now,
            request.ExpiresAt?.ToUniversalTime());
        var secret = await keys.AddAsync(key, null, cancellation);
        return new MadeKey(key.Id, secret, KeyView.Of(key));
    }
}

/// <summary>A key to make.</summary>
/// <param name="Scopes">What it may do; each once, and at least one.</param>
/// <param name="Owner">The person who holds it, as cancels name them.</param>
/// <param name="Project">The project that it is bound to; that of the key which asks, or none, when absent.</param>
/// <param name="ExpiresAt">When it stops to work; never when absent.</param>
public sealed record NewKey(
    string Name, IReadOnlyList<Scope> Scopes, string? Owner = null, string? Project = null, DateTimeOffset? ExpiresAt = null)
{
    public void Validate(DateTimeOffset now)
    {
        Inputs.Name("name", Name);
        Inputs.OptionalName("owner", Owner);
        Inputs.OptionalName("project", Project);
        if (Scopes.Count is 0 || Scopes.Distinct().Count() != Scopes.Count)
        {
            throw RequestRejected.BadRequest("'scopes' must name at least one scope, each once.");
        }

        if (ExpiresAt <= now)
        {
            throw RequestRejected.BadRequest("'expiresAt' must be in the future.");
        }
    }
}

/// <summary>A key that was just made, with its secret.</summary>
public sealed record MadeKey(Guid KeyId, string ApiKey, KeyView Key);
