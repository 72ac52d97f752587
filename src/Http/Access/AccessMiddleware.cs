using Ledger.Http.Dialects;
using Ledger.Http.Errors;

namespace Ledger.Http.Access;

/// <summary>
/// Checks the key before the ids and before the body, so that a probe without a key learns nothing (wire.md 2.3). The scheme word is
/// matched in any case, and a bare key is accepted.
/// </summary>
public sealed class AccessMiddleware(RequestDelegate next, ApiKeys keys, DialectTable dialects)
{
    /// <summary>The longest secret that is looked at, in characters.</summary>
    public const int LongestSecret = 512;

    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScopes>() is { } required)
        {
            var key = await AuthenticateAsync(context);
            var dialect = dialects.For(context);
            RejectForeignAccount(context.Request, dialect.AccountHeader, key);
            if (!required.Scopes.Any(key.Has))
            {
                throw dialect.Knows403 ? RequestRejected.Forbidden("Forbidden") : RequestRejected.Unauthorized();
            }

            context.SetKey(key);
        }

        await next(context);
    }

    /// <summary>The key that a request names, as it came; empty when it names none.</summary>
    public static string SecretOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString().Trim();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : header;
    }

    private async Task<ApiKey> AuthenticateAsync(HttpContext context)
    {
        var secret = SecretOf(context.Request);
        return secret.Length is 0 or > LongestSecret
            ? throw RequestRejected.Unauthorized()
            : await keys.FindAsync(secret, context.RequestAborted) ?? throw RequestRejected.Unauthorized();
    }

    private static void RejectForeignAccount(HttpRequest request, string? name, ApiKey key)
    {
        if (name is null || request.Headers[name] is not { Count: > 0 } header)
        {
            return;
        }

        if (!Guid.TryParseExact(header.ToString(), "D", out var account))
        {
            throw RequestRejected.BadRequest($"The header {name} must be a uuid.");
        }

        if (account != key.AccountId)
        {
            throw RequestRejected.Forbidden("Forbidden");
        }
    }
}
