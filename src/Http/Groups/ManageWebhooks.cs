using Ledger.Http.TesterArmy;

namespace Ledger.Http.Groups;

public static class AddGroupWebhookEndpoint
{
    [WolverinePost("/ledger/groups/{groupId}/webhooks"), Authorize(Scopes.Admin), Tags("Groups")]
    [EndpointSummary("Makes a webhook of a group. The secret is in this answer and nowhere else.")]
    public static async Task<Created<MadeGroupWebhook>> Post(
        string groupId,
        [FromBody] NewGroupWebhook? asked,
        Caller caller,
        IDocumentSession documents,
        LedgerSettings settings,
        TimeProvider clock,
        HttpRequest request,
        CancellationToken cancellation)
    {
        var group = await documents.GroupAsync(groupId, cancellation);
        var now = clock.GetUtcNow();
        var name = Inputs.OptionalName("name", asked?.Name) ?? group.Name;
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var webhook = new GroupWebhook(Guid.CreateVersion7(now), caller.AccountId, group.Id, name, GroupWebhook.HashOf(secret), now);
        documents.Insert(webhook);
        await documents.SaveChangesAsync(cancellation);
        var publicBase = settings.PublicUrl?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host}";
        var url = publicBase + ReceiveWebhookEndpoint.PathOf(webhook.Id, secret);
        return TypedResults.Created((string?)null, new MadeGroupWebhook(webhook.Id, secret, url, name));
    }
}

public static class ListGroupWebhooksEndpoint
{
    [WolverineGet("/ledger/groups/{groupId}/webhooks"), Authorize(Scopes.Admin), Tags("Groups")]
    [EndpointSummary("Lists the webhooks of a group by name, without secrets.")]
    [QueryNumber("limit", "Entries of a page, 1 to 1000; 1000 when absent.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    public static async Task<Page<GroupWebhookView>> Get(
        string groupId, HttpRequest request, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        var group = await documents.GroupAsync(groupId, cancellation);
        return await documents.Query<GroupWebhook>()
            .Where(webhook => webhook.GroupId == group.Id && webhook.AccountId == caller.AccountId)
            .PageAsync(
                request,
                webhook => new(webhook.Name, webhook.Id),
                webhook => new GroupWebhookView(webhook.Id, webhook.Name, webhook.CreatedAt),
                cancellation);
    }
}

public static class DeleteGroupWebhookEndpoint
{
    [WolverineDelete("/ledger/groups/{groupId}/webhooks/{webhookId}"), Authorize(Scopes.Admin), Tags("Groups")]
    [EndpointSummary("Deletes a webhook at once.")]
    public static async Task Delete(
        string groupId, string webhookId, Caller caller, IDocumentSession documents, CancellationToken cancellation)
    {
        var (group, webhook) = (Inputs.Uuid("group id", groupId), Inputs.Uuid("webhook id", webhookId));
        if (await documents.LoadAsync<GroupWebhook>(webhook, cancellation) is not { } there
            || there.GroupId != group
            || there.AccountId != caller.AccountId)
        {
            throw RequestRejected.NotFound("There is no such webhook.");
        }

        documents.Delete(there);
        await documents.SaveChangesAsync(cancellation);
    }
}

/// <summary>A webhook to make.</summary>
/// <param name="Name">What it is called; the group's name when absent.</param>
public sealed record NewGroupWebhook(string? Name = null);

/// <summary>A webhook that was just made, with its secret and the address that holds it.</summary>
public sealed record MadeGroupWebhook(Guid WebhookId, string Secret, string Url, string Name);

/// <summary>A webhook without its secret.</summary>
public sealed record GroupWebhookView(Guid WebhookId, string Name, DateTimeOffset CreatedAt);
