using StandardWebhooks;

namespace Ledger.Http.AlertChannels.Sending;

/// <summary>The signature of Standard Webhooks 1.0: HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
public static class WebhookSignature
{
    /// <summary>The header's value: one signature for each secret that is valid, so that a receiver may change over when it likes.</summary>
    public static string Of(IEnumerable<string> secrets, string webhookId, string timestamp, string body)
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, CultureInfo.InvariantCulture));
        return string.Join(' ', secrets.Select(secret => new StandardWebhook(secret).Sign(webhookId, at, body)));
    }
}
