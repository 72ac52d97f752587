using System.Collections.Frozen;
using System.Security.Cryptography;
using Ledger.Secrets;
using Marten;
using Marten.Schema.Indexing.Unique;
using Weasel.Core.Sequences;

namespace Ledger.Projections.AlertChannels;

/// <summary>
/// A webhook that alerts are sent to (docs/http.md#audit-and-reports). Configuration, in no projection's hands. What changes it gives a channel
/// that is changed; who stores it learns of it when somebody else did at the same moment.
/// </summary>
/// <param name="Number">
/// Its number, for readers that know only numbers (docs/dialects/checkly.md#alerts); never used again. 0 before it is stored.
/// </param>
/// <param name="Id">What its account calls it.</param>
/// <param name="Target">What it is sent, and where.</param>
/// <param name="ActiveAfter">
/// The head of the log when the channel was made or last enabled: it is sent the alerts that were settled by later events.
/// </param>
/// <param name="Secrets">What its webhooks are signed with, the current secret first. Shown to nobody.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last.</param>
/// <param name="DisabledAt">Since when it is sent nothing; null while it is enabled.</param>
/// <param name="DisabledReason">Why.</param>
public sealed record AlertChannel(
    long Number,
    string Id,
    AlertChannelTarget Target,
    long ActiveAfter,
    IReadOnlyList<ChannelSecret> Secrets,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? DisabledAt = null,
    string? DisabledReason = null)
{
    /// <summary>Channels of one account.</summary>
    public const int Maximum = 500;

    /// <summary>
    /// What its webhooks are signed with, the current secret first. Kept sealed (docs/security.md#channels): whoever saves a channel seals what
    /// it was given readable, whoever signs or compares opens it.
    /// </summary>
    public IReadOnlyList<ChannelSecret> Secrets { get; set; } = Secrets;

    /// <summary>How long a secret still signs beside the one that replaced it.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    /// <summary>Secrets that sign at once: as many signatures stand in one header.</summary>
    private const int MostSecrets = 5;

    /// <summary>A new channel.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="target">What it is sent, and where.</param>
    /// <param name="secret">What signs.</param>
    /// <param name="head">The head of the log.</param>
    /// <param name="now">The present.</param>
    public static AlertChannel Make(string id, AlertChannelTarget target, string secret, long head, DateTimeOffset now) =>
        new(0, id, target, head, [new ChannelSecret(secret, ValidUntil: null)], now, now);

    /// <summary>The channel with another target.</summary>
    public AlertChannel Retarget(AlertChannelTarget target, DateTimeOffset now) => this with { Target = target, UpdatedAt = now };

    /// <summary>The channel sent alerts again, from the head of the log on; the same one if it is enabled.</summary>
    public AlertChannel Enable(long head, DateTimeOffset now) => DisabledAt is null
        ? this
        : this with { ActiveAfter = head, UpdatedAt = now, DisabledAt = null, DisabledReason = null };

    /// <summary>The channel sent nothing any more; the same one if it is disabled already.</summary>
    public AlertChannel Disable(string reason, DateTimeOffset now) =>
        DisabledAt is null ? this with { UpdatedAt = now, DisabledAt = now, DisabledReason = reason } : this;

    /// <summary>The channel with secrets that can be read, without those whose key is gone: nothing can be signed with them.</summary>
    public AlertChannel Opened(Guid account, SecretCipher cipher) => this with
    {
        Secrets =
        [
            .. Secrets
                .Select(kept => WebhookSecret.Open(account, kept.Secret, cipher) is { } secret ? kept with { Secret = secret } : null)
                .OfType<ChannelSecret>(),
        ],
    };

    /// <summary>
    /// The opened channel with another current secret. The one before goes on signing for <see cref="Overlap"/>; of many in that time the newest few do.
    /// </summary>
    public AlertChannel Rotate(string secret, DateTimeOffset now) => Secrets is [{ ValidUntil: null } current, ..] && current.Secret == secret
        ? this
        : this with
        {
            Secrets =
            [
                .. Secrets
                    .Select(before => before with { ValidUntil = before.ValidUntil ?? now + Overlap })
                    .Where(before => before.ValidUntil > now)
                    .Prepend(new ChannelSecret(secret, ValidUntil: null))
                    .Take(MostSecrets),
            ],
        };
}

/// <summary>What a channel is sent, and where.</summary>
/// <param name="Url">Where: http or https, without credentials.</param>
/// <param name="Events">Which events, see <see cref="AlertEvents.Known"/>.</param>
/// <param name="CheckIds">Of which checks; of all when null.</param>
public sealed record AlertChannelTarget(Uri Url, IReadOnlyList<string> Events, IReadOnlyList<Guid>? CheckIds);

/// <summary>What a channel's webhooks are signed with. No hash, unlike keys: an HMAC needs the secret itself.</summary>
/// <param name="Secret">The secret as Standard Webhooks writes it; in the database sealed.</param>
/// <param name="ValidUntil">Until when it signs; null for the current one.</param>
public sealed record ChannelSecret(string Secret, DateTimeOffset? ValidUntil);

/// <summary>
/// The channels of an account. A deleted one stays, without its secrets, for the sake of its deliveries; its name is free again. The view
/// <c>ledger.alert_channels</c> shows them to statements that send.
/// </summary>
public sealed class AlertChannelDocuments : MartenRegistry
{
    /// <summary>Tells Marten of them.</summary>
    public AlertChannelDocuments() => For<AlertChannel>()
        .MultiTenanted()
        .SoftDeleted()
        .UseOptimisticConcurrency(enabled: true)
        .Identity(channel => channel.Number)
        .HiloSettings(new HiloSettings { MaxLo = 1 }) // Number by number: people read them.
        .Index(channel => channel.Id, index =>
        {
            index.IsUnique = true;
            index.TenancyScope = TenancyScope.PerTenant;
            index.Predicate = "mt_deleted = false";
        });
}

/// <summary>How channels are found and deleted.</summary>
public static class AlertChannelQueries
{
    /// <summary>The channel of that name; null when the account has none.</summary>
    public static Task<AlertChannel?> AlertChannelAsync(this IQuerySession documents, string id, CancellationToken cancellation) =>
        documents.Query<AlertChannel>().SingleOrDefaultAsync(channel => channel.Id == id, cancellation);

    /// <summary>Stores a disabled channel. What was still to be sent is given up.</summary>
    public static void StoreDisabled(this IDocumentSession documents, AlertChannel channel, DateTimeOffset now)
    {
        documents.Store(channel);
        documents.QueueSqlCommand(
            "update ledger.alert_deliveries set state = 'failed', reason = 'channelDisabled', closed_at = ? where channel = ? and state = 'open'",
            now,
            channel.Number);
    }

    /// <summary>Deletes a channel and its secrets. What was still to be sent is given up; what was sent stays readable.</summary>
    public static void DeleteWithSecrets(this IDocumentSession documents, AlertChannel channel, DateTimeOffset now)
    {
        documents.Delete<AlertChannel>(channel.Number);
        documents.QueueSqlCommand(
            """update ledger.mt_doc_alertchannel set data = data || '{"secrets": []}' where id = ?""", channel.Number);
        documents.QueueSqlCommand(
            "update ledger.alert_deliveries set state = 'failed', reason = 'channelDeleted', closed_at = ? where channel = ? and state = 'open'",
            now,
            channel.Number);
    }
}

/// <summary>The names of the events that a channel may ask for: Checkly's types of alert, written as the webhook convention writes types.</summary>
public static class AlertEvents
{
    /// <summary>What a channel is sent to try it out. No channel asks for it.</summary>
    public const string Test = "alert.test";

    /// <summary>All that a channel may ask for.</summary>
    public static FrozenSet<string> Known { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "alert.failure",
        "alert.failure_remain",
        "alert.failure_degraded",
        "alert.recovery",
        "alert.degraded",
        "alert.degraded_remain",
        "alert.degraded_failure",
        "alert.degraded_recovery");
}

/// <summary>A secret as Standard Webhooks 1.0 writes it: <c>whsec_</c> and the base64 of 24 to 64 bytes.</summary>
public static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int FewestBytes = 24;
    private const int MostBytes = 64;
    private const int OwnBytes = 32;

    /// <summary>A fresh secret.</summary>
    public static string Make() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(OwnBytes));

    /// <summary>A secret as it is kept; what is sealed already stays so.</summary>
    public static string Seal(Guid account, string secret, SecretCipher cipher) => IsReadable(secret) ? cipher.Protect(account, secret) : secret;

    /// <summary>
    /// A secret as it signs, from how it is kept: sealed, or readable by an earlier version. Null when the key that it was sealed with is gone.
    /// </summary>
    public static string? Open(Guid account, string kept, SecretCipher cipher) => IsReadable(kept) ? kept : cipher.Unprotect(account, kept);

    private static bool IsReadable(string secret) => secret.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The key that a secret stands for; false when the text is no secret.</summary>
    public static bool TryRead(string? secret, out byte[] key)
    {
        key = [];
        if (secret is null || !IsReadable(secret) || secret.Length > Prefix.Length + (MostBytes * 2))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[MostBytes * 2];
        if (!Convert.TryFromBase64String(secret[Prefix.Length..], bytes, out var length) || length is < FewestBytes or > MostBytes)
        {
            return false;
        }

        key = bytes[..length].ToArray();
        return true;
    }
}
