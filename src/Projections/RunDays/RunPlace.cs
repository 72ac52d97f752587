using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ledger.Projections.RunDays;

/// <summary>What runs of a day are told apart by.</summary>
/// <param name="Project">The project; null for the account's default one.</param>
/// <param name="Environment">The slug of the environment; null when none is known.</param>
/// <param name="Branch">The branch; null when none is known.</param>
internal sealed record RunPlace(string? Project, string? Environment, string? Branch)
{
    /// <summary>The same for the same place, on every host and for ever: texts of any length make no key of a table.</summary>
    public Guid Digest
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> length = stackalloc byte[sizeof(int)];
            foreach (var text in (ReadOnlySpan<string?>)[Project, Environment, Branch])
            {
                var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
                BinaryPrimitives.WriteInt32BigEndian(length, text is null ? -1 : bytes.Length);
                hash.AppendData(length);
                hash.AppendData(bytes);
            }

            return new Guid(hash.GetHashAndReset().AsSpan(0, 16), bigEndian: true);
        }
    }
}

/// <summary>One row of <c>run_days</c>.</summary>
internal readonly record struct RunDayKey(Guid AccountId, DateOnly Day, RunPlace Place);
