using System.Text;

namespace Ledger.Http.Groups;

/// <summary>A group of checks that are run together, each as a session of its own; together these are a batch.</summary>
/// <param name="CheckIds">What it runs, in this order, each once. A check need not be registered.</param>
public sealed record Group(Guid Id, string Name, IReadOnlyList<Guid> CheckIds, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>An address that runs a group for whoever knows it (docs/dialects/testerarmy.md#groups).</summary>
/// <param name="Name">What it is called: the actor's name in every event that it causes.</param>
/// <param name="Hash">The SHA-256 of the secret in the address, in hexadecimal digits; the secret is shown once, when the webhook is made.</param>
public sealed record GroupWebhook(Guid Id, Guid AccountId, Guid GroupId, string Name, string Hash, DateTimeOffset CreatedAt)
{
    private const int MaximumSecret = 512;

    /// <summary>A secret as it is kept.</summary>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether the secret is the webhook's own; compared in constant time.</summary>
    public bool Admits(string secret) => secret.Length <= MaximumSecret
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash), Encoding.ASCII.GetBytes(HashOf(secret)));

    /// <summary>The webhook as the key that its request acts with: it may trigger, and nothing else.</summary>
    public ApiKey ToKey() => new(Id, AccountId, Name, Owner: null, Project: null, [Scope.Command], CreatedAt, ExpiresAt: null);
}

/// <summary>The groups of an account; its webhooks, which are looked up before anybody knows whose they are.</summary>
public sealed class GroupDocuments : MartenRegistry
{
    public GroupDocuments()
    {
        For<Group>().MultiTenanted();
        For<GroupWebhook>().SingleTenanted().Duplicate(webhook => webhook.GroupId);
    }
}

public static class GroupQueries
{
    /// <summary>The group of an id in the path.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, 404 for an unknown group.</exception>
    public static async Task<Group> GroupAsync(
        this IQuerySession documents, string groupId, CancellationToken cancellation, string unknown = "There is no such group.") =>
        await documents.LoadAsync<Group>(Inputs.Uuid("group id", groupId), cancellation) ?? throw RequestRejected.NotFound(unknown);
}
