namespace Ledger.Web.Sessions;

/// <summary>The ids that an id which some dialect shows may have been made of (docs/dialects/checkly.md).</summary>
public delegate IEnumerable<Guid> OriginalIds(Guid id);

/// <summary>What ids tell.</summary>
internal static class RunIds
{
    /// <summary>When an id of version 7 was made; null for others.</summary>
    public static DateTimeOffset? MadeAt(Guid id)
    {
        if (id.Version != 7)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = 0L;
        foreach (var each in bytes[..6])
        {
            milliseconds = (milliseconds << 8) | each;
        }

        return milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
    }
}
