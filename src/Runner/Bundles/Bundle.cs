using Ledger.Runner.Execution;

namespace Ledger.Runner.Bundles;

/// <summary>The code that a run brings along (<c>spec.bundle</c>): a gzipped tar that the ledger keeps.</summary>
/// <param name="Key">What the ledger knows it by.</param>
/// <param name="Sha256">The SHA-256 of the archive, in lower-case hexadecimal digits.</param>
/// <param name="SizeBytes">The size of the archive.</param>
internal sealed record Bundle(string Key, string Sha256, long SizeBytes)
{
    private const int Sha256Digits = 64;

    /// <summary>Reads <c>spec.bundle</c>.</summary>
    /// <exception cref="UnusableSpecException">A member is missing or makes no sense.</exception>
    public static Bundle Read(SpecObject members)
    {
        var sha256 = members.RequiredText("sha256").ToLowerInvariant();
        return sha256.Length == Sha256Digits && sha256.All(char.IsAsciiHexDigit)
            ? new Bundle(
                members.RequiredText("key"),
                sha256,
                (long)(members.Number("sizeBytes", 0, int.MaxValue) ?? throw members.Missing("sizeBytes")))
            : throw new UnusableSpecException($"{members.Path}.sha256 must be {Sha256Digits} hexadecimal digits");
    }
}

/// <summary>How much a bundle may cost this machine.</summary>
/// <param name="ArchiveBytes">The largest archive that is fetched.</param>
/// <param name="UnpackedBytes">The most that may come out of it.</param>
/// <param name="Entries">The most files, directories and links in it.</param>
internal sealed record BundleLimits(long ArchiveBytes, long UnpackedBytes, int Entries)
{
    /// <summary>512 MiB packed, 4 GiB unpacked, 200,000 entries.</summary>
    public static BundleLimits Default { get; } = new(512L << 20, 4L << 30, 200_000);
}
