using Ledger.Serialization;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>What a page changes in one model: all of it, or what comes before the first event that the model cannot handle.</summary>
/// <param name="Statements">What writes the rows.</param>
/// <param name="Failure">The event that cannot be handled; null for none.</param>
internal sealed record PreparedPage(IReadOnlyList<NpgsqlBatchCommand> Statements, FailedEvent? Failure)
{
    /// <summary>Prepares it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="connection">Finds its tables; outside a transaction, or inside the one that is to write the rows.</param>
    /// <param name="page">All events of the page. A model stops at one that cannot be read, if it would have to handle it.</param>
    /// <param name="skipped">What operators had models leave out.</param>
    /// <param name="tries">Whether the statements are tried, and taken back, so that those which the database refuses are found.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static async Task<PreparedPage> OfAsync(
        Projection model,
        NpgsqlConnection connection,
        EventPage page,
        IReadOnlySet<(string Model, long Position)> skipped,
        bool tries,
        CancellationToken cancellation)
    {
        var end = page.Unreadable.FirstOrDefault(found => Handles(EventTypes.RecordOf(found.Type), found.Position));
        var handled = page.Events
            .Where(recorded => Handles(recorded.Data.GetType(), recorded.Position) && (end is null || recorded.Position < end.Position))
            .ToList();
        var (statements, cause) = await TryAsync(handled.Count);
        if (cause is null)
        {
            return new PreparedPage(statements, end is null ? null : new FailedEvent(end.Position, end.Fault));
        }

        // The first event without which the events before it can be handled: between what is known to do and what is known to fail.
        var (good, bad) = (0, handled.Count);
        while (bad - good > 1)
        {
            var middle = (good + bad) / 2;
            (_, var failure) = await TryAsync(middle);
            (good, bad, cause) = failure is null ? (middle, bad, cause) : (good, middle, failure);
        }

        (statements, _) = await TryAsync(good);
        return new PreparedPage(statements, new FailedEvent(handled[bad - 1].Position, cause));

        bool Handles(Type? type, long position) => type is not null && model.Handles.Contains(type) && !skipped.Contains((model.Name, position));

        async Task<(IReadOnlyList<NpgsqlBatchCommand> Statements, Exception? Failure)> TryAsync(int count)
        {
            if (count == 0)
            {
                return ([], null);
            }

            try
            {
                var prepared = await model.PrepareAsync(connection, handled[..count], cancellation);
                if (tries && prepared.Count > 0)
                {
                    await RehearseAsync(connection, prepared, cancellation);
                    prepared = await model.PrepareAsync(connection, handled[..count], cancellation); // A statement belongs to one batch.
                }

                return (prepared, null);
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested && !Outage.Is(failure))
            {
                return ([], failure);
            }
        }
    }

    private static async Task RehearseAsync(
        NpgsqlConnection connection, IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(statements, cancellation);
        await transaction.RollbackAsync(cancellation);
    }
}

/// <summary>An event that a model cannot handle.</summary>
/// <param name="Position">Its position.</param>
/// <param name="Cause">Why.</param>
internal sealed record FailedEvent(long Position, Exception Cause);
