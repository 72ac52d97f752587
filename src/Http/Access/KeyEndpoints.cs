using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Access;

/// <summary>Makes, lists and revokes the keys of an account (http.md, Start-up and keys).</summary>
public static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ledger/keys").RequireScope(Scope.Admin).WithTags("Keys");
        group.MapPost("", AddAsync).WithSummary("Makes a key. The secret is in this answer and nowhere else.")
            .Reads<NewKey>().Produces<MadeKey>(StatusCodes.Status201Created);
        group.MapGet("", ListAsync).WithSummary("Lists the account's keys, without secrets.").Produces<KeyList>();
        group.MapDelete("{keyId}", RevokeAsync).WithSummary("Revokes a key at once.").Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> AddAsync(HttpContext context, ApiKeys keys, TimeProvider clock)
    {
        var request = await Body.ReadRequiredJsonAsync<NewKey>(context.Request, Json.Options);
        Inputs.Name("name", request.Name);
        Inputs.OptionalName("owner", request.Owner);
        Inputs.OptionalName("project", request.Project);
        if (request.Scopes.Count is 0 || request.Scopes.Distinct().Count() != request.Scopes.Count)
        {
            throw RequestRejected.BadRequest("'scopes' must name at least one scope, each once.");
        }

        var now = clock.GetUtcNow();
        if (request.ExpiresAt <= now)
        {
            throw RequestRejected.BadRequest("'expiresAt' must be in the future.");
        }

        var key = new ApiKey(
            Guid.CreateVersion7(now),
            context.Key().AccountId,
            request.Name,
            request.Owner,
            request.Project,
            request.Scopes,
            now,
            request.ExpiresAt?.ToUniversalTime());
        var secret = await keys.AddAsync(key, null, context.RequestAborted);
        return NativeResult.Json(new MadeKey(key.Id, secret, View(key)), StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ApiKeys keys)
    {
        var all = await keys.ListAsync(context.Key().AccountId, context.RequestAborted);
        return NativeResult.Json(new KeyList([.. all.Select(View)]));
    }

    private static async Task<IResult> RevokeAsync(HttpContext context, string keyId, ApiKeys keys) =>
        await keys.RevokeAsync(context.Key().AccountId, Inputs.Uuid("key id", keyId), context.RequestAborted)
            ? TypedResults.NoContent()
            : throw RequestRejected.NotFound("There is no such key.");

    private static KeyView View(ApiKey key) =>
        new(key.Id, key.AccountId, key.Name, key.Owner, key.Project, key.Scopes, key.CreatedAt, key.ExpiresAt);
}

/// <summary>A key to make.</summary>
public sealed record NewKey(
    string Name, IReadOnlyList<Scope> Scopes, string? Owner = null, string? Project = null, DateTimeOffset? ExpiresAt = null);

/// <summary>A key that was just made, with its secret.</summary>
public sealed record MadeKey(Guid KeyId, string ApiKey, KeyView Key);

/// <summary>A key without its secret.</summary>
public sealed record KeyView(
    Guid KeyId,
    Guid AccountId,
    string Name,
    string? Owner,
    string? Project,
    IReadOnlyList<Scope> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt);

/// <summary>The keys of an account.</summary>
public sealed record KeyList(IReadOnlyList<KeyView> Entries);
