using System.Security.Cryptography;

namespace Ledger.Projections.AlertChannels;

/// <summary>A secret as Standard Webhooks 1.0 writes it: <c>whsec_</c> and the base64 of 24 to 64 bytes.</summary>
public static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int FewestBytes = 24;
    private const int MostBytes = 64;
    private const int OwnBytes = 32;

    /// <summary>A fresh secret.</summary>
    public static string Make() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(OwnBytes));

    /// <summary>The key that a secret stands for; false when the text is no secret.</summary>
    public static bool TryRead(string? secret, out byte[] key)
    {
        key = [];
        if (secret?.StartsWith(Prefix, StringComparison.Ordinal) is not true || secret.Length > Prefix.Length + (MostBytes * 2))
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
