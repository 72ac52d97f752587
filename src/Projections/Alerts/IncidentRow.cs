using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;

namespace Ledger.Projections.Alerts;

/// <summary>A check that fails at one location or several, until each of them has passed again.</summary>
/// <param name="Check">The check.</param>
/// <param name="Name">What the session calls it whose run opened the incident.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="OpenedPosition">The event that settled the run which opened it.</param>
internal sealed record IncidentRow(CheckKey Check, string Name, DateTimeOffset OpenedAt, long OpenedPosition)
{
    private const int IdLength = 16;

    /// <summary>When it was resolved; null while it is open.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The event that settled the run which resolved it.</summary>
    public long? ResolvedPosition { get; init; }

    /// <summary>All locations that failed in it.</summary>
    public ImmutableSortedSet<string> Locations { get; init; } = NoLocations;

    /// <summary>Those that have not passed since.</summary>
    public ImmutableSortedSet<string> FailingLocations { get; init; } = NoLocations;

    /// <summary>How many alerts became due in it.</summary>
    public int Alerts { get; init; }

    /// <summary>
    /// Its id: the same at every rebuild, since it is a name-based uuid (RFC 9562, version 8 over SHA-256) of the check and the position
    /// that opened it.
    /// </summary>
    public Guid Id
    {
        get
        {
            Span<byte> name = stackalloc byte[(2 * IdLength) + sizeof(long)];
            Check.AccountId.TryWriteBytes(name, bigEndian: true, out _);
            Check.CheckId.TryWriteBytes(name[IdLength..], bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(name[(2 * IdLength)..], OpenedPosition);
            Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(name, id);
            id[6] = (byte)((id[6] & 0x0f) | 0x80);
            id[8] = (byte)((id[8] & 0x3f) | 0x80);
            return new Guid(id[..IdLength], bigEndian: true);
        }
    }

    private static ImmutableSortedSet<string> NoLocations { get; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Locations in the order in which rows keep them, which no culture changes.</summary>
    public static ImmutableSortedSet<string> Sorted(IEnumerable<string> locations) => NoLocations.Union(locations);

    /// <summary>The incident that a run opens.</summary>
    public static IncidentRow OpenedBy(ResultFact run) => new(CheckKey.Of(run), run.Name, run.CreatedAt, run.Position);

    /// <summary>A location of it ran again, or failed for the first time.</summary>
    public IncidentRow After(ResultFact run, CheckCondition condition)
    {
        var next = condition switch
        {
            CheckCondition.Failing => this with { Locations = Locations.Add(run.Location), FailingLocations = FailingLocations.Add(run.Location) },
            CheckCondition.Degraded => this,
            CheckCondition.Passing => this with { FailingLocations = FailingLocations.Remove(run.Location) },
            _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, "A condition without a rule."),
        };
        next = next with { Alerts = Alerts + 1 };
        return next.FailingLocations.IsEmpty ? next with { ResolvedAt = run.CreatedAt, ResolvedPosition = run.Position } : next;
    }
}
