using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Dialects.TesterArmy.Groups;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Errors;
using Ledger.Http.Groups;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.TesterArmy.Webhooks;

/// <summary>
/// Runs a group for whoever knows the address (wire.md 8.2): there is no key, the secret in the address is the credential. It acts for the
/// account under the webhook's own name, and is limited by itself.
/// </summary>
public static class WebhookEndpoint
{
    private const string Route = "/groups/webhook";

    public static void MapGroupWebhook(this IEndpointRouteBuilder routes) => routes
        .MapPost(Route + "/{webhookId}/{secret}", ReceiveAsync)
        .AllowAnonymous()
        .WithSummary("Runs a group as a batch. The address is the credential: no key is needed.")
        .Reads<GroupRunRequest>(required: false)
        .Produces<WebhookReceived>(StatusCodes.Status202Accepted)
        .ProducesErrors();

    /// <summary>The path of a webhook, under the first mount.</summary>
    public static string PathOf(Guid webhookId, string secret) => $"{TesterArmyEnvelope.Mounts[0]}{Route}/{webhookId}/{secret}";

    private static async Task<IResult> ReceiveAsync(
        HttpContext context,
        string webhookId,
        string secret,
        GroupWebhooks webhooks,
        RateWindows windows,
        GroupRegistry registry,
        GroupBatches batches)
    {
        // An id that is no uuid is as wrong as an unknown one: whoever lacks the secret learns nothing (wire.md 2.3).
        var webhook = Guid.TryParseExact(webhookId, "D", out var id) ? await webhooks.FindAsync(id, secret, context.RequestAborted) : null;
        if (webhook is null)
        {
            throw RequestRejected.Unauthorized();
        }

        // Only after the secret: otherwise anybody who knows the id could use up what the owner may call.
        windows.Admit(context.Response, webhook.WebhookId.ToString(), RateLimit.Webhook);
        context.SetKey(webhook.ToKey());
        var request = await Body.ReadJsonAsync<GroupRunRequest>(context.Request, TesterArmyJson.Options) ?? new GroupRunRequest();
        request.Validate();
        var group = await registry.FindAsync(webhook.AccountId, webhook.GroupId, context.RequestAborted)
            ?? throw new InvalidOperationException("A webhook has lost its group.");
        var batch = await batches.TriggerAsync(
            context, group.Id, group.CheckIds, TesterArmyJson.Published(request), RunSource.Webhook);
        return TesterArmyJson.Answer(WebhookReceived.Of(batch), StatusCodes.Status202Accepted);
    }
}

/// <summary>What a webhook did. Optional members are left out where there is nothing to say.</summary>
/// <param name="RunIds">The runs of the batch; always there, since a known client needs it (wire.md 8.2).</param>
public sealed record WebhookReceived(bool Received, IReadOnlyList<Guid> RunIds)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Ignored { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? RunId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? BatchId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Guid>? BatchIds { get; init; }

    public static WebhookReceived Of(GroupBatch batch) => batch.RunIds.Count == 0
        ? new WebhookReceived(true, []) { Ignored = true, Reason = "The group has no runnable test." }
        : new WebhookReceived(true, batch.RunIds)
        {
            RunId = batch.RunIds.Count == 1 ? batch.RunIds[0] : null,
            BatchId = batch.Id,
            BatchIds = [batch.Id],
        };
}
