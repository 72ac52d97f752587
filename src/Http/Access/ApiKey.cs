using Ledger.Sessions;

namespace Ledger.Http.Access;

/// <summary>A key as the ledger knows it: everything but the secret.</summary>
/// <param name="Id">Its id, which is the actor's id in every event that it causes.</param>
/// <param name="AccountId">The one account that it belongs to.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Owner">The person who holds it, named as the canceller in answers that name one; null when nobody is named.</param>
/// <param name="Project">The only project that it knows of, or null for all of the account.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops to work by itself; null for never.</param>
public sealed record ApiKey(
    Guid Id,
    Guid AccountId,
    string Name,
    string? Owner,
    string? Project,
    IReadOnlyList<Scope> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt)
{
    /// <summary>Who acts when this key is used.</summary>
    public Actor Actor { get; } = Owner is null
        ? new Actor(ActorKind.ApiKey, Id.ToString(), Name)
        : new Actor(ActorKind.User, Id.ToString(), Owner);

    /// <summary>Whether it may do what a route needs.</summary>
    public bool Has(Scope scope) => Scopes.Contains(scope);
}

/// <summary>What a key may do.</summary>
public enum Scope
{
    /// <summary>Trigger and cancel.</summary>
    Command,

    /// <summary>Claim, execute and report runs.</summary>
    Runner,

    /// <summary>Read everything of the account.</summary>
    Read,

    /// <summary>Make and revoke the account's keys, and set up what it has: alert channels, webhooks, archiving.</summary>
    Admin,

    /// <summary>Run the installation, which serves all accounts: its projections and its figures.</summary>
    Operator,
}
