using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// One question that readers ask, as rows that are made of all events in order. <see cref="ReadModelShard"/> drives it, together with the
/// others.
/// </summary>
public abstract class Projection
{
    /// <summary>Names the projection.</summary>
    /// <param name="name">Its name, as operators and readers use it.</param>
    protected Projection(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Raised when its rows change their meaning: the first host that starts with another version has them made anew.</summary>
    public virtual int Version => 1;

    /// <summary>The types of events that it handles. Others pass it by.</summary>
    internal abstract IReadOnlyCollection<Type> Handles { get; }

    /// <summary>
    /// Does everything that a page asks for short of the commit, and gives the statements that run in one transaction with the checkpoint.
    /// May be called again for the same events, or for a part of them.
    /// </summary>
    /// <param name="connection">Finds its tables by their bare names.</param>
    /// <param name="events">At least one event that it handles, in order.</param>
    /// <param name="cancellation">Ends the work.</param>
    internal abstract Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation);
}
