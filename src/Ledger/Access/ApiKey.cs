using System.Text.Json.Serialization;
using Marten.Schema;

namespace Ledger.Access;

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
    /// <summary>The SHA-256 of its secret, in hexadecimal digits; the secret itself is shown once, when the key is made.</summary>
    public string Hash { get; init; } = "";

    /// <summary>When it was revoked; null while it is not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Who acts when this key is used.</summary>
    [JsonIgnore]
    public Actor Actor { get; } = Owner is null
        ? new Actor(ActorKind.ApiKey, Id.ToString(), Name)
        : new Actor(ActorKind.User, Id.ToString(), Owner);

    /// <summary>Whether it may do what a route needs.</summary>
    public bool Has(Scope scope) => Scopes.Contains(scope);

    /// <summary>Whether it is accepted at a time.</summary>
    public bool IsValid(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);
}

/// <summary>Keys are looked up before anybody knows whose they are.</summary>
public sealed class ApiKeyDocuments : MartenRegistry
{
    /// <summary>Says so to Marten.</summary>
    public ApiKeyDocuments() => For<ApiKey>().SingleTenanted().UseOptimisticConcurrency(enabled: true)
        .UniqueIndex(UniqueIndexType.DuplicatedField, key => key.Hash)
        .Duplicate(key => key.AccountId, configure: index => index.Name = "api_keys_of_account");
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
