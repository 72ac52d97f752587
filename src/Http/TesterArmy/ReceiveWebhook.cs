using Ledger.Http.Groups;

namespace Ledger.Http.TesterArmy;

/// <summary>
/// Runs a group for whoever knows the address: there is no key, the secret in the address is the credential. It acts for the account under
/// the webhook's own name, and is limited by itself.
/// </summary>
public static class ReceiveWebhookEndpoint
{
    private const string Path = "/v1/groups/webhook";

    /// <summary>Describes the body, which no parameter does: it is read only after the secret.</summary>
    public static void Configure(HttpChain chain) => chain.Metadata.WithMetadata(new RequestBodyType(typeof(GroupRunRequest), false));

    /// <summary>The path of a webhook.</summary>
    public static string PathOf(Guid webhookId, string secret) => $"{Path}/{webhookId}/{secret}";

    [WolverinePost(Path + "/{webhookId}/{secret}"), AllowAnonymous, Errors(400, 401, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Runs a group as a batch. The address is the credential: no key is needed.")]
    public static async Task<Accepted<WebhookReceived>> Post(
        string webhookId,
        string secret,
        RateWindows windows,
        Strangers strangers,
        IDocumentStore store,
        Batches batches,
        HttpContext context,
        CancellationToken cancellation)
    {
        // An id that is no uuid is as wrong as an unknown one: whoever lacks the secret learns nothing.
        await using var webhooks = store.QuerySession();
        if (!Guid.TryParseExact(webhookId, "D", out var id)
            || await strangers.LookUpAsync(context.Connection.RemoteIpAddress, FindAsync) is not { } webhook)
        {
            throw RequestRejected.Unauthorized();
        }

        // Only after the secret: otherwise anybody who knows the id could use up what the owner may call.
        windows.Admit(context.Response, webhook.Id.ToString(), RateLimit.Webhook);
        context.SetKey(webhook.ToKey());
        var asked = await Body.OptionalAsync<GroupRunRequest>(context) ?? new GroupRunRequest();
        asked.Validate();
        await using var documents = store.QuerySession(webhook.AccountId.ToString());
        var group = await documents.LoadAsync<Group>(webhook.GroupId, cancellation)
            ?? throw new InvalidOperationException("A webhook has lost its group.");
        var batch = await batches.TriggerAsync(
            context.Caller(),
            group.Id,
            group.CheckIds,
            TriggerFacts.Published(asked),
            RunSource.Webhook,
            sourceBatchId: null,
            cancellation);
        batch.SetPosition(context);
        return TypedResults.Accepted((string?)null, WebhookReceived.Of(batch));

        async Task<GroupWebhook?> FindAsync() =>
            await webhooks.LoadAsync<GroupWebhook>(id, cancellation) is { } found && found.Admits(secret) ? found : null;
    }
}

/// <summary>What a webhook did. Optional members are left out where there is nothing to say.</summary>
/// <param name="RunIds">The runs of the batch; always there, since a known client needs it.</param>
public sealed record WebhookReceived(
    bool Received,
    IReadOnlyList<Guid> RunIds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Ignored = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? RunId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? BatchId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Guid>? BatchIds = null)
{
    public static WebhookReceived Of(Batch batch) => batch.RunIds.Count == 0
        ? new(true, [], Ignored: true, Reason: "The group has no runnable test.")
        : new(true, batch.RunIds, RunId: batch.RunIds is [var only] ? only : null, BatchId: batch.Id, BatchIds: [batch.Id]);
}
