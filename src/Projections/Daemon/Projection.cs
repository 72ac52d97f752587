using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// One question that readers ask, or one reaction to what happened: something that goes through all events in order and remembers how
/// far it has come. The <see cref="ProjectionDaemon"/> drives it.
/// </summary>
public abstract class Projection
{
    /// <summary>Names the projection.</summary>
    /// <param name="name">Its name, as operators and readers use it.</param>
    /// <param name="version">Raised when its rows change their meaning; each version has a checkpoint of its own.</param>
    protected Projection(string name, int version)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        Name = name;
        Version = version;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its version, from 1.</summary>
    public int Version { get; }

    /// <summary>The name of its row in <c>mt_event_progression</c>, such as <c>session_list:1</c>.</summary>
    public string Checkpoint => $"{Name}:{Version}";

    /// <summary>Projections that must have come as far before this one may handle an event, because it reads their rows.</summary>
    public virtual IReadOnlyList<string> Requires => [];

    /// <summary>
    /// The types of events that it handles; null for all. Others pass it by unread: its checkpoint moves over them, and one that this
    /// version of the ledger cannot read does not stop it.
    /// </summary>
    internal virtual IReadOnlyCollection<Type>? Handles => null;

    /// <summary>
    /// Does everything that a batch asks for short of the commit, and gives the statements that the daemon runs in one transaction with
    /// the checkpoint. May be called again for the same events, or for a part of them.
    /// </summary>
    /// <param name="connection">The owner's connection, without an open transaction.</param>
    /// <param name="events">At least one event that it handles, in order.</param>
    /// <param name="cancellation">Ends the work.</param>
    internal abstract Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation);
}
