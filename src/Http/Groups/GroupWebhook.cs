using Ledger.Http.Access;

namespace Ledger.Http.Groups;

/// <summary>An address that runs a group for whoever knows it. Everything but the secret in it.</summary>
/// <param name="WebhookId">Its id.</param>
/// <param name="AccountId">The account that it acts for.</param>
/// <param name="GroupId">What it runs.</param>
/// <param name="Name">What it is called: the actor's name in every event that it causes.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record GroupWebhook(Guid WebhookId, Guid AccountId, Guid GroupId, string Name, DateTimeOffset CreatedAt)
{
    /// <summary>The webhook as the key that its request acts with: it may trigger, and nothing else.</summary>
    public ApiKey ToKey() => new(WebhookId, AccountId, Name, Owner: null, Project: null, [Scope.Command], CreatedAt, ExpiresAt: null);
}
