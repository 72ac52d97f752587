using Ledger.Access;
using Ledger.Store;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.Extensions.Logging;

namespace Ledger.Web.Access;

/// <summary>
/// Who looks at a page that stays open: asked again every second, so that a revoked key ends it, and signing out elsewhere, whatever is shown. A database that is away
/// ends nothing.
/// </summary>
public sealed class ViewerState(ILoggerFactory loggers, ApiKeys keys, PageSessions sessions) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => ApiKeys.Trust;

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        try
        {
            return Viewer.Of(authenticationState.User) is not { } viewer || await IsValidAsync(viewer, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    /// <summary>The viewer as of now.</summary>
    /// <exception cref="SignedOutException">There is none any more.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<Viewer> RequireAsync(CancellationToken cancellation)
    {
        var viewer = Viewer.Of((await GetAuthenticationStateAsync()).User) ?? throw new SignedOutException();
        return await IsValidAsync(viewer, cancellation) ? viewer : throw new SignedOutException();
    }

    private async Task<bool> IsValidAsync(Viewer viewer, CancellationToken cancellation) =>
        (viewer.KeyId is not { } key || await keys.FindByIdAsync(key, cancellation) is not null)
        && (viewer.SessionId is not { } session || await sessions.IsAliveAsync(session, cancellation));
}

/// <summary>Who was signed in is so no more.</summary>
public sealed class SignedOutException() : Exception("You are signed out: the session has ended, or its key.");

/// <summary>Who is signed in may not do this.</summary>
/// <param name="scope">What they lack.</param>
public sealed class MissingScopeException(Scope scope) : Exception($"This needs the scope '{PagePolicies.WordOf(scope)}', which you do not have.");
