using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Ledger.Http.AlertChannels.Sending;

/// <summary>Sends one webhook once, and says how it went. Whatever the receiver does, that is an answer or an error, never an exception.</summary>
public sealed class WebhookSender(WebhookSettings settings, SecretCipher cipher, TimeProvider clock) : IDisposable
{
    private const int LongestResponse = 1_024;
    private const int LongestError = 500;

    private readonly HttpClient client = WebhookConnection.CreateClient(settings);

    /// <summary>Sends it; it may take as long as <c>Ledger:Webhooks:TimeoutSeconds</c>.</summary>
    /// <exception cref="OperationCanceledException">The host is stopping; nobody knows whether it arrived.</exception>
    public async Task<SendResult> SendAsync(OpenDelivery delivery, CancellationToken stopping)
    {
        var (at, began) = (clock.GetUtcNow(), clock.GetTimestamp());
        using var patience = new CancellationTokenSource(settings.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        var secrets = delivery.Secrets.Select(kept => WebhookSecret.Open(delivery.AccountId, kept, cipher)).OfType<string>().ToList();
        if (secrets.Count == 0)
        {
            return Failed("The channel's secret cannot be decrypted: the key ring has lost its key. Nothing was sent; rotate the secret.");
        }

        try
        {
            using var request = Request(delivery, secrets, at);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await BeginningOfAsync(response.Content, stopping, either.Token);
            return new SendResult(
                new DeliveryAttempt(at, clock.GetElapsedTime(began), (int)response.StatusCode, null, body), RetryAfter(response));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return Failed(FormattableString.Invariant($"no answer within {settings.TimeoutSeconds} s"));
        }
        catch (HttpRequestException failure)
        {
            return Failed(failure.InnerException is { } inner && !failure.Message.Contains(inner.Message, StringComparison.Ordinal)
                ? $"{failure.Message} {inner.Message}"
                : failure.Message);
        }
        catch (Exception failure) when (failure is IOException or NotSupportedException or InvalidOperationException)
        {
            return Failed(failure.Message);
        }

        SendResult Failed(string error) => new(
            new DeliveryAttempt(
                at, clock.GetElapsedTime(began), null, Storable(error.Length > LongestError ? error[..LongestError] : error), null),
            null);
    }

    public void Dispose() => client.Dispose();

    private static HttpRequestMessage Request(OpenDelivery delivery, IReadOnlyList<string> secrets, DateTimeOffset at)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(delivery.Payload))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Ledger-Webhooks", "1.0"));
        request.Headers.Add("webhook-id", delivery.WebhookId);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", WebhookSignature.Of(secrets, delivery.WebhookId, timestamp, delivery.Payload));
        return request;
    }

    /// <summary>As much of the body as is kept. The status has come already: a body that stays away or breaks off changes nothing.</summary>
    private static async Task<string> BeginningOfAsync(HttpContent content, CancellationToken stopping, CancellationToken either)
    {
        var bytes = new byte[LongestResponse];
        var length = 0;
        try
        {
            await using var body = await content.ReadAsStreamAsync(either);
            int count;
            while (length < bytes.Length && (count = await body.ReadAsync(bytes.AsMemory(length), either)) > 0)
            {
                length += count;
            }
        }
        catch (Exception broken) when (
            broken is IOException or HttpRequestException || (broken is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            // What has come so far is kept.
        }

        return Storable(Encoding.UTF8.GetString(bytes, 0, length));
    }

    /// <summary>PostgreSQL's text holds no NUL character.</summary>
    private static string Storable(string text) => text.Replace('\0', '\uFFFD');

    /// <summary>Asked for with 429 and 503, as seconds or as a date.</summary>
    private TimeSpan? RetryAfter(HttpResponseMessage response) => response switch
    {
        { StatusCode: not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable) } => null,
        { Headers.RetryAfter.Delta: { } seconds } => seconds,
        { Headers.RetryAfter.Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };
}

/// <summary>How an attempt went.</summary>
/// <param name="RetryAfter">When the receiver asks to be tried again; null when it does not.</param>
public sealed record SendResult(DeliveryAttempt Attempt, TimeSpan? RetryAfter);
