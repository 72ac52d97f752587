using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Projections.AlertChannels;
using Ledger.Store;

namespace Ledger.Http.AlertChannels;

/// <summary>Registers, reads and deletes the webhooks that alerts are sent to (http.md, Audit and reports).</summary>
public static class AlertChannelEndpoints
{
    private const int LongestId = 100;

    public static void MapAlertChannels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ledger/alert-channels").WithTags("Alert channels");
        group.MapPut("{channelId}", PutAsync).RequireScope(Scope.Admin)
            .WithSummary("Registers a webhook, or changes it: 201 when it is new, 200 otherwise. A secret that was made is in this answer alone.")
            .Reads<AlertChannelRequest>().Produces<AlertChannelView>().Produces<MadeAlertChannel>(StatusCodes.Status201Created);
        group.MapGet("", ListAsync).RequireScope(Scope.Read, Scope.Admin)
            .WithSummary("Lists the account's alert channels by name, without secrets.").Produces<AlertChannelList>();
        group.MapGet("{channelId}", GetAsync).RequireScope(Scope.Read, Scope.Admin)
            .WithSummary("Reads one alert channel, without secrets.").Produces<AlertChannelView>();
        group.MapDelete("{channelId}", RemoveAsync).RequireScope(Scope.Admin)
            .WithSummary("Deletes an alert channel. What was not delivered yet is given up.").Produces(StatusCodes.Status204NoContent);
        group.MapPost("{channelId}/enable", EnableAsync).RequireScope(Scope.Admin)
            .WithSummary("Has a disabled channel sent alerts again, those from now on.").Produces<AlertChannelView>();
        group.MapPost("{channelId}/rotate-secret", RotateAsync).RequireScope(Scope.Admin)
            .WithSummary("Gives a channel another secret. For 24 hours webhooks are signed with both.")
            .Reads<SecretRotation>(required: false).Produces<RotatedSecret>();
        group.MapDeliveries();
    }

    /// <summary>The channel of a name in the path, in the key's account.</summary>
    /// <exception cref="RequestRejected">400 for what is no name, 404 for an unknown channel.</exception>
    public static async Task<AlertChannel> FindAsync(this AlertChannelRegistry channels, HttpContext context, string channelId) =>
        await Database.RunAsync(() => channels.FindAsync(context.Key().AccountId, NameOf(channelId), context.RequestAborted))
        ?? throw Unknown();

    private static async Task<IResult> PutAsync(
        HttpContext context, string channelId, AlertChannelRegistry channels, EventLog store, WebhookSettings settings, TimeProvider clock)
    {
        var id = NameOf(channelId);
        var request = await Body.ReadRequiredJsonAsync<AlertChannelRequest>(context.Request, Json.Options);
        var target = request.Check(settings);
        var fresh = WebhookSecret.Make();
        var head = await store.ReadHeadAsync(context.RequestAborted);
        var put = await Database.RunAsync(() => channels.PutAsync(
            context.Key().AccountId, id, target, request.Secret, fresh, head, clock.GetUtcNow(), context.RequestAborted));
        return put switch
        {
            null => throw new RequestRejected(
                StatusCodes.Status409Conflict, "too-many", $"An account has at most {AlertChannelRegistry.MaximumChannels} alert channels."),
            { IsNew: false } changed => NativeResult.Json(new AlertChannelView(changed.Channel)),
            { } made when request.Secret is null =>
                NativeResult.Json(new MadeAlertChannel(made.Channel, fresh), StatusCodes.Status201Created),
            { } made => NativeResult.Json(new AlertChannelView(made.Channel), StatusCodes.Status201Created),
        };
    }

    private static async Task<IResult> ListAsync(HttpContext context, AlertChannelRegistry channels)
    {
        var all = await Database.RunAsync(() => channels.ListAsync(context.Key().AccountId, context.RequestAborted));
        return NativeResult.Json(new AlertChannelList([.. all.Select(channel => new AlertChannelView(channel))]));
    }

    private static async Task<IResult> GetAsync(HttpContext context, string channelId, AlertChannelRegistry channels) =>
        NativeResult.Json(new AlertChannelView(await channels.FindAsync(context, channelId)));

    private static async Task<IResult> RemoveAsync(
        HttpContext context, string channelId, AlertChannelRegistry channels, TimeProvider clock) =>
        await Database.RunAsync(() => channels.RemoveAsync(
            context.Key().AccountId, NameOf(channelId), clock.GetUtcNow(), context.RequestAborted))
            ? TypedResults.NoContent()
            : throw Unknown();

    private static async Task<IResult> EnableAsync(
        HttpContext context, string channelId, AlertChannelRegistry channels, EventLog store, TimeProvider clock)
    {
        var id = NameOf(channelId);
        var head = await store.ReadHeadAsync(context.RequestAborted);
        var channel = await Database.RunAsync(() => channels.EnableAsync(
            context.Key().AccountId, id, head, clock.GetUtcNow(), context.RequestAborted));
        return NativeResult.Json(new AlertChannelView(channel ?? throw Unknown()));
    }

    private static async Task<IResult> RotateAsync(
        HttpContext context, string channelId, AlertChannelRegistry channels, TimeProvider clock)
    {
        var id = NameOf(channelId);
        var request = await Body.ReadJsonAsync<SecretRotation>(context.Request, Json.Options);
        AlertChannelRequest.CheckSecret(request?.Secret);
        var secret = request?.Secret ?? WebhookSecret.Make();
        var until = await Database.RunAsync(() => channels.RotateSecretAsync(
            context.Key().AccountId, id, secret, clock.GetUtcNow(), context.RequestAborted));
        return NativeResult.Json(new RotatedSecret(secret, until ?? throw Unknown()));
    }

    /// <summary>A name that needs no escaping in a path; a uuid is the same in either case.</summary>
    private static string NameOf(string channelId)
    {
        if (Guid.TryParseExact(channelId, "D", out var uuid))
        {
            return uuid.ToString();
        }

        return channelId.Length <= LongestId && channelId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? channelId
            : throw RequestRejected.BadRequest($"The alert channel's id must have 1 to {LongestId} letters, digits, '-', '_' or '.'.");
    }

    private static RequestRejected Unknown() => RequestRejected.NotFound("There is no such alert channel.");
}
