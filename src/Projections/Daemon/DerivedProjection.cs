using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// A projection of what the projections that it <see cref="Projection.Requires"/> have made of the events. It is told positions, not
/// events: rows that remember which event brought them are all that it reads.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="version">Raised when its rows change their meaning.</param>
internal abstract class DerivedProjection(string name, int version) : Projection(name, version)
{
    /// <summary>None: not one event is read for it.</summary>
    internal sealed override IReadOnlyCollection<Type> Handles => [];

    /// <summary>Does everything that the positions ask for short of the commit (<see cref="Projection.PrepareAsync"/>).</summary>
    /// <param name="connection">The owner's connection, without an open transaction.</param>
    /// <param name="after">The positions above this one,</param>
    /// <param name="through">up to and including this one.</param>
    /// <param name="cancellation">Ends the work.</param>
    internal abstract Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, long after, long through, CancellationToken cancellation);

    /// <inheritdoc/>
    internal sealed override Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation) =>
        PrepareAsync(connection, events[0].Position - 1, events[^1].Position, cancellation);
}
