using System.Security.Cryptography;

namespace Ledger.Runner.Wire;

/// <summary>A bundle that was received whole.</summary>
/// <param name="Sha256">The SHA-256 of what came, in lower-case hexadecimal digits.</param>
internal sealed record ReceivedBundle(string Sha256);

/// <summary>Reads the bytes of a bundle as they come, without ever holding all of them.</summary>
internal static class BundleReception
{
    /// <summary>Reads a body to its end. Returns null when it has more bytes than it should.</summary>
    /// <param name="body">What comes.</param>
    /// <param name="write">Takes each piece.</param>
    /// <param name="maximum">The most bytes to take.</param>
    /// <param name="goOn">Puts the deadline off: the whole may take long on a slow line, only silence may not.</param>
    /// <param name="cancellationToken">Ends the call: the deadline, or whoever asked for the bundle.</param>
    public static async Task<ReceivedBundle?> ReceiveAsync(
        Stream body, Func<ReadOnlyMemory<byte>, ValueTask> write, long maximum, Action goOn, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        var total = 0L;
        while (true)
        {
            goOn();
            var read = await body.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                return new ReceivedBundle(Convert.ToHexStringLower(sha256.GetHashAndReset()));
            }

            total += read;
            if (total > maximum)
            {
                return null;
            }

            sha256.AppendData(buffer, 0, read);
            await write(buffer.AsMemory(0, read));
        }
    }
}
