using Ledger.Projections.Daemon;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>A projection that writes down the position of every event once, unless it is told to fail at one.</summary>
internal sealed class Journal(string name, int version = 1) : RowProjection<long, string>(name)
{
    public override int Version => version;

    public const string Table = "create table if not exists ledger.journal (projection text, position bigint, primary key (projection, position))";

    /// <summary>The position that it cannot handle.</summary>
    public long? FailsAt { get; set; }

    /// <summary>The position that the database refuses from it.</summary>
    public long? RefusedAt { get; set; }

    /// <summary>The most events that it was given at once.</summary>
    public int LargestPage { get; private set; }

    /// <summary>Every event of the tests that use it.</summary>
    internal override IReadOnlyCollection<Type> Handles { get; } = [typeof(SessionTriggered)];

    internal override IEnumerable<long> KeysOf(RecordedEvent recorded) => [];

    internal override void Apply(RecordedEvent recorded, Rows<long, string> rows)
    {
        if (recorded.Position == FailsAt)
        {
            throw new InvalidOperationException("This one is poison.");
        }

        rows.Set(recorded.Position, version == 1 ? Name : $"{Name} {version}");
    }

    protected override Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<long> keys, Rows<long, string> rows, CancellationToken cancellation) =>
        Task.CompletedTask;

    protected override IEnumerable<NpgsqlBatchCommand> Save(Rows<long, string> rows)
    {
        var added = rows.Added.ToList();
        LargestPage = Math.Max(LargestPage, added.Count);
        yield return Sql.Of(
            "insert into ledger.journal select n, p / q from unnest($1, $2, $3) as r(n, p, q)",
            added.Select(row => row.Value).ToArray(),
            added.Select(row => row.Key).ToArray(),
            added.Select(row => row.Key == RefusedAt ? 0L : 1L).ToArray());
    }
}
