namespace Ledger.Http.Access;

/// <summary>Lists the account's keys, or those of the project that the asking key is bound to.</summary>
public static class ListKeysEndpoint
{
    [WolverineGet("/ledger/keys"), Authorize(Scopes.Admin), Tags("Keys")]
    [EndpointSummary("Lists the account's keys by name, without secrets.")]
    [QueryNumber("limit", "Entries of a page, 1 to 1000; 1000 when absent.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    public static Task<Page<KeyView>> Get(HttpRequest request, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        var keys = documents.Query<ApiKey>().Where(key => key.AccountId == caller.AccountId && key.RevokedAt == null);
        if (caller.Project is { } project)
        {
            keys = keys.Where(key => key.Project == project);
        }

        return keys.PageAsync(request, key => new(key.Name, key.Id), KeyView.Of, cancellation);
    }
}

/// <summary>A key without its secret.</summary>
public sealed record KeyView(
    Guid KeyId,
    Guid AccountId,
    string Name,
    string? Owner,
    string? Project,
    IReadOnlyList<Scope> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt)
{
    public static KeyView Of(ApiKey key) =>
        new(key.Id, key.AccountId, key.Name, key.Owner, key.Project, key.Scopes, key.CreatedAt, key.ExpiresAt);
}
