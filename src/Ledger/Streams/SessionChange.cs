using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ledger.Streams;

/// <summary>A session that has changed, on whichever host.</summary>
/// <param name="Session">As it is after the change; maybe further, if others followed.</param>
/// <param name="Events">What is new in it, in order and without a gap; at least one.</param>
public sealed record SessionChange(SessionSnapshot Session, IReadOnlyList<RecordedEvent> Events)
{
    /// <summary>The session's stream.</summary>
    public StreamId Stream => Session.Stream;

    /// <summary>The version that the new events follow; 0 for a session that has begun.</summary>
    public long After => Events[0].Version - 1;
}

/// <summary>
/// What somebody waits for who cannot name the session: a cancel for a runner, a queued run at a location. Only a hash goes from host to host;
/// two that have the same cost a read too many, and no more.
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="Hash">Stands for the rest.</param>
public readonly record struct ChangeTopic(Guid AccountId, int Hash)
{
    /// <summary>The topic of a name, on every host the same.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="kind">Whose names they are.</param>
    /// <param name="name">The name.</param>
    public static ChangeTopic Of(Guid accountId, string kind, string name) =>
        new(accountId, BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}/{name}"))));
}

/// <summary>
/// Says which topics a change concerns, all of them in the session's account. It is asked on the host that has made the change, once for
/// everybody who waits; pure and quick.
/// </summary>
public delegate IEnumerable<ChangeTopic> TopicsOf(SessionChange change);

/// <summary>What one host tells others of a change: where to look, and who may want to.</summary>
/// <param name="Stream">The session.</param>
/// <param name="After">The version that the change came after.</param>
/// <param name="Version">The version since then.</param>
/// <param name="Topics">What it concerns; null for anything in the account.</param>
public sealed record ChangeNote(StreamId Stream, long After, long Version, IReadOnlyList<ChangeTopic>? Topics)
{
    /// <summary>More topics than that are not listed: the note then concerns anything in the account.</summary>
    public const int MaximumTopics = 64;

    // The two ids and three small numbers.
    private const int UsualBytes = 48;

    /// <summary>About how many bytes it takes when it is sent.</summary>
    public int Bytes => UsualBytes + (sizeof(int) * (Topics?.Count ?? 0));
}
