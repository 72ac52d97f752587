namespace Ledger.Http.Access;

/// <summary>The header in which the clients of a route name their account; when it is sent, it must be the key's own.</summary>
/// <param name="Name">The header.</param>
public sealed record AccountHeader(string Name);

/// <summary>Holds <see cref="AccountHeader"/> against the key.</summary>
public sealed class AccountHeaderMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccountHeader>() is { Name: var name }
            && context.User.Identity is ApiKeyIdentity { Key: var key }
            && context.Request.Headers[name] is { Count: > 0 } header)
        {
            if (!Guid.TryParseExact(header.ToString(), "D", out var account))
            {
                throw RequestRejected.BadRequest($"The header {name} must be a uuid.");
            }

            if (account != key.AccountId)
            {
                throw RequestRejected.Forbidden("Forbidden");
            }
        }

        return next(context);
    }
}
