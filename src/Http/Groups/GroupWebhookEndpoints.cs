using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Http.TesterArmy;

namespace Ledger.Http.Groups;

/// <summary>Makes, lists and deletes the webhooks of a group.</summary>
public static class GroupWebhookEndpoints
{
    public static void MapGroupWebhooks(this IEndpointRouteBuilder groups)
    {
        var webhooks = groups.MapGroup("{groupId}/webhooks").RequireScope(Scope.Admin);
        webhooks.MapPost("", AddAsync).WithSummary("Makes a webhook of a group. The secret is in this answer and nowhere else.")
            .Reads<NewGroupWebhook>(required: false).Produces<MadeGroupWebhook>(StatusCodes.Status201Created);
        webhooks.MapGet("", ListAsync).WithSummary("Lists the webhooks of a group, without secrets.").Produces<GroupWebhookList>();
        webhooks.MapDelete("{webhookId}", RemoveAsync).WithSummary("Deletes a webhook at once.")
            .Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> AddAsync(
        HttpContext context, string groupId, GroupRegistry groups, GroupWebhooks webhooks, LedgerSettings settings, TimeProvider clock)
    {
        var group = await groups.FindAsync(context, groupId);
        var request = await Body.ReadJsonAsync<NewGroupWebhook>(context.Request, Json.Options);
        var now = clock.GetUtcNow();
        var webhook = new GroupWebhook(
            Guid.CreateVersion7(now),
            context.Key().AccountId,
            group.Id,
            Inputs.OptionalName("name", request?.Name) ?? group.Name,
            now);
        var secret = await webhooks.AddAsync(webhook, context.RequestAborted);
        var publicBase = settings.PublicUrl?.TrimEnd('/') ?? $"{context.Request.Scheme}://{context.Request.Host}";
        return NativeResult.Json(
            new MadeGroupWebhook(webhook.WebhookId, secret, publicBase + ReceiveWebhookEndpoint.PathOf(webhook.WebhookId, secret), webhook.Name),
            StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, string groupId, GroupRegistry groups, GroupWebhooks webhooks)
    {
        var group = await groups.FindAsync(context, groupId);
        var found = await webhooks.ListAsync(context.Key().AccountId, group.Id, context.RequestAborted);
        return NativeResult.Json(
            new GroupWebhookList([.. found.Select(webhook => new GroupWebhookView(webhook.WebhookId, webhook.Name, webhook.CreatedAt))]));
    }

    private static async Task<IResult> RemoveAsync(HttpContext context, string groupId, string webhookId, GroupWebhooks webhooks) =>
        await webhooks.RemoveAsync(
            context.Key().AccountId,
            Inputs.Uuid("group id", groupId),
            Inputs.Uuid("webhook id", webhookId),
            context.RequestAborted)
            ? TypedResults.NoContent()
            : throw RequestRejected.NotFound("There is no such webhook.");
}

/// <summary>A webhook to make.</summary>
/// <param name="Name">What it is called; the group's name when absent.</param>
public sealed record NewGroupWebhook(string? Name = null);

/// <summary>A webhook that was just made, with its secret and the address that holds it.</summary>
public sealed record MadeGroupWebhook(Guid WebhookId, string Secret, string Url, string Name);

/// <summary>A webhook without its secret.</summary>
public sealed record GroupWebhookView(Guid WebhookId, string Name, DateTimeOffset CreatedAt);

/// <summary>The webhooks of a group.</summary>
public sealed record GroupWebhookList(IReadOnlyList<GroupWebhookView> Entries);
