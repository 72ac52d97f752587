using System.Net;
using Ledger.Http.AlertChannels.Sending;

namespace Ledger.Http.AlertChannels;

/// <summary>Registers a webhook, or changes it.</summary>
public static class PutAlertChannelEndpoint
{
    [WolverinePut("/ledger/alert-channels/{channelId}"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Registers a webhook, or changes it: 201 when it is new, 200 otherwise. A secret that was made is in this answer alone.")]
    [ProducesResponseType<AlertChannelView>(StatusCodes.Status200OK)]
    [ProducesResponseType<MadeAlertChannel>(StatusCodes.Status201Created)]
    public static async Task<IResult> Put(
        string channelId,
        [FromBody] AlertChannelRequest request,
        Caller caller,
        IDocumentSession documents,
        EventLog log,
        WebhookSettings settings,
        SecretCipher cipher,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var (channel, isNew, secret) = await PutAsync(channelId, request, caller, documents, log, settings, cipher, clock, cancellation);
        return isNew && request.Secret is null ? TypedResults.Created((string?)null, new MadeAlertChannel(channel, secret))
            : isNew ? TypedResults.Created((string?)null, new AlertChannelView(channel))
            : TypedResults.Ok(new AlertChannelView(channel));
    }

    /// <summary>Registers or changes it; gives the secret that a new one got.</summary>
    internal static async Task<(AlertChannel Channel, bool IsNew, string Secret)> PutAsync(
        string channelId,
        AlertChannelRequest request,
        Caller caller,
        IDocumentSession documents,
        EventLog log,
        WebhookSettings settings,
        SecretCipher cipher,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var id = AlertChannelCalls.NameOf(caller, channelId);
        var target = request.Check(settings);
        var fresh = request.Secret ?? WebhookSecret.Make();
        var (channel, isNew) = await documents.AgainAfterConflictAsync(async () =>
        {
            var now = clock.GetUtcNow();
            var there = await documents.AlertChannelAsync(id, cancellation);
            var put = there?.Retarget(target, now) ?? await MakeAsync(now);
            documents.Store(there is not null && request.Secret is { } other ? put.Opened(caller.AccountId, cipher).Rotate(other, now) : put);
            await documents.SaveChangesAsync(cancellation);
            return (put, there is null);
        });
        return (channel, isNew, fresh);

        async Task<AlertChannel> MakeAsync(DateTimeOffset now) =>
            await documents.Query<AlertChannel>().CountAsync(cancellation) < AlertChannel.Maximum
                ? AlertChannel.Make(id, target, fresh, await log.ReadHeadAsync(cancellation), now)
                : throw new RequestRejected(
                    StatusCodes.Status409Conflict, "too-many", $"An account has at most {AlertChannel.Maximum} alert channels.");
    }
}

/// <summary>A channel to make or to change.</summary>
/// <param name="Url">Where to send: http or https.</param>
/// <param name="Events">Which events, such as <c>alert.failure</c>.</param>
/// <param name="Secret">
/// What to sign with: <c>whsec_</c> and the base64 of 24 to 64 bytes. Absent: a new channel gets one, an old one keeps its own.
/// </param>
/// <param name="CheckIds">Of which checks; of all when absent.</param>
public sealed record AlertChannelRequest(
    string Url, IReadOnlyList<string> Events, string? Secret = null, IReadOnlyList<Guid>? CheckIds = null)
{
    private const int LongestUrl = 2_000;
    private const int MostCheckIds = 1_000;

    /// <summary>What is wanted, checked.</summary>
    public AlertChannelTarget Check(WebhookSettings settings)
    {
        var events = Events.Distinct(StringComparer.Ordinal).ToList();
        if (events.Count == 0 || events.Exists(name => !AlertEvents.Known.Contains(name)))
        {
            throw RequestRejected.BadRequest($"'events' must name at least one of {string.Join(", ", AlertEvents.Known.Order(StringComparer.Ordinal))}.");
        }

        if (CheckIds?.Count is 0 or > MostCheckIds)
        {
            throw RequestRejected.BadRequest($"'checkIds' must be 1 to {MostCheckIds} uuids, or absent.");
        }

        CheckSecret(Secret);
        return new AlertChannelTarget(CheckUrl(settings), events, CheckIds?.Distinct().ToList());
    }

    /// <summary>A secret of the caller's own, or none.</summary>
    public static void CheckSecret(string? secret)
    {
        if (secret is not null && !WebhookSecret.TryRead(secret, out _))
        {
            throw RequestRejected.BadRequest("'secret' must be 'whsec_' and the base64 of 24 to 64 bytes.");
        }
    }

    /// <summary>What a name resolves to is judged when it is connected to; an address that is written out can be refused already here.</summary>
    private Uri CheckUrl(WebhookSettings settings)
    {
        if (Url.Length > LongestUrl || !Uri.TryCreate(Url, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp) || url.Host.Length == 0)
        {
            throw RequestRejected.BadRequest($"'url' must be an absolute http or https address of at most {LongestUrl} characters.");
        }

        if (url.UserInfo.Length > 0)
        {
            throw RequestRejected.BadRequest("'url' must not hold credentials.");
        }

        return settings.AllowPrivateAddresses || !IsPrivate(url)
            ? new Uri(url.AbsoluteUri) // One form for one address: it is compared as text.
            : throw RequestRejected.BadRequest("'url' must be a public address; others need Ledger:Webhooks:AllowPrivateAddresses.");
    }

    private static bool IsPrivate(Uri url)
    {
        var host = url.IdnHost.TrimEnd('.');
        return IPAddress.TryParse(host, out var address)
            ? !PublicAddress.Is(address)
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>A channel that was just made, with the secret that was made for it.</summary>
public sealed record MadeAlertChannel : AlertChannelView
{
    public MadeAlertChannel(AlertChannel channel, string secret)
        : base(channel) => Secret = secret;

    /// <summary>What its webhooks are signed with. In this answer and nowhere else.</summary>
    public string Secret { get; }
}
