using Ledger.Access;

namespace Ledger.Web.Settings;

/// <summary>
/// What pages have the host do about keys and webhooks: its own use cases, which check what is entered and say what is wrong with it
/// (<see cref="RefusedException"/>). Whoever calls has asked for the scope.
/// </summary>
public interface IAccountCommands
{
    /// <summary>Makes a key and gives its secret, which is kept nowhere.</summary>
    /// <param name="caller">Who makes it.</param>
    /// <param name="held">What they may do themselves: nobody gives away more.</param>
    /// <param name="key">What to make.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    Task<string> MakeKeyAsync(Caller caller, IReadOnlyList<Scope> held, KeyToMake key, CancellationToken cancellation);

    /// <summary>Revokes a key; ends when no host accepts it any more.</summary>
    Task RevokeKeyAsync(Caller caller, Guid keyId, CancellationToken cancellation);

    /// <summary>Makes a webhook, or changes where it goes; gives the secret that was made for a new one.</summary>
    Task<string?> PutChannelAsync(Caller caller, string name, string url, IReadOnlyList<string> events, CancellationToken cancellation);

    /// <summary>Gives a webhook another secret; for 24 hours both sign.</summary>
    Task<string> RotateSecretAsync(Caller caller, string channel, CancellationToken cancellation);

    /// <summary>Sends it something to try it out.</summary>
    Task TestChannelAsync(Caller caller, string channel, CancellationToken cancellation);

    /// <summary>Has it sent alerts again.</summary>
    Task EnableChannelAsync(Caller caller, string channel, CancellationToken cancellation);

    /// <summary>Has it sent nothing any more.</summary>
    Task DisableChannelAsync(Caller caller, string channel, CancellationToken cancellation);
}

/// <summary>A key to make.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Owner">The person who holds it, as cancels name them; null for nobody in particular.</param>
/// <param name="Project">The project that it is bound to; null for none.</param>
/// <param name="ExpiresAt">When it stops to work; null for never.</param>
public sealed record KeyToMake(string Name, IReadOnlyList<Scope> Scopes, string? Owner, string? Project, DateTimeOffset? ExpiresAt);

/// <summary>What was asked for cannot be done; the message says why, for people.</summary>
public sealed class RefusedException(string message) : Exception(message);
