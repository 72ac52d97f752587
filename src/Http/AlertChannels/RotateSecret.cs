namespace Ledger.Http.AlertChannels;

/// <summary>Gives a channel another secret; both hold for a while, so that no webhook is refused over the change.</summary>
public static class RotateSecretEndpoint
{
    [WolverinePost("/ledger/alert-channels/{channelId}/rotate-secret"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Gives a channel another secret. For 24 hours webhooks are signed with both.")]
    public static async Task<RotatedSecret> Post(
        string channelId,
        [FromBody] SecretRotation? request,
        Caller caller,
        IDocumentSession documents,
        SecretCipher cipher,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        AlertChannelRequest.CheckSecret(request?.Secret);
        var channel = await documents.FindAsync(caller, channelId, cancellation);
        var (secret, now) = (request?.Secret ?? WebhookSecret.Make(), clock.GetUtcNow());
        documents.Store(channel.Opened(caller.AccountId, cipher).Rotate(secret, now));
        await documents.SaveChangesAsync(cancellation);
        return new RotatedSecret(secret, now + AlertChannel.Overlap);
    }
}

/// <summary>A secret to rotate to.</summary>
/// <param name="Secret">One of the caller's own; a fresh one when absent.</param>
public sealed record SecretRotation(string? Secret = null);

/// <summary>The new secret of a channel.</summary>
/// <param name="Secret">In this answer and nowhere else.</param>
/// <param name="PreviousValidUntil">Until when webhooks are signed with the one before as well.</param>
public sealed record RotatedSecret(string Secret, DateTimeOffset PreviousValidUntil);
