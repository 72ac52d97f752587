using System.Data;
using Ledger.Projections.Daemon;
using Npgsql;

namespace Ledger.Projections.Cancellations;

/// <summary>Answers: who asked to cancel what, when, why, and how did each end?</summary>
/// <param name="dataSource">The database.</param>
public sealed class CancelsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "cancellations";

    /// <summary>
    /// Runs on a page, at most, unless its only entry has more: entries with thousands of runs make a page shorter, not memory larger.
    /// </summary>
    internal const int MaximumRuns = 10_000;

    private const string FindSql =
        "select position from ledger.cancels where account_id = $1 and cancel_id = $2 order by position limit 1";

    /// <summary>The projection that keeps the rows; it needs that of the results beside it.</summary>
    public static Projection CreateProjection() => new CancellationsProjection();

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CancelsPage> ListAsync(CancelsQuery query, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, CancelsQuery.MaximumLimit);
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var (places, more) = await FindAsync(connection, query, cancellation);
        var entries = await CancelEntries.ReadAsync(connection, [.. places.Select(place => place.Position)], cancellation);
        return new CancelsPage(entries, more ? places[^1] : null);
    }

    /// <summary>One request; null when the account has none of this id.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CancelEntry?> FindAsync(Guid accountId, Guid cancelId, CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var command = new NpgsqlCommand(FindSql, connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = accountId }, new NpgsqlParameter<Guid> { TypedValue = cancelId } },
        };
        return await command.ExecuteScalarAsync(cancellation) is long position
            ? (await CancelEntries.ReadAsync(connection, [position], cancellation)).SingleOrDefault()
            : null;
    }

    private static async Task<(IReadOnlyList<TimeCursor> Places, bool More)> FindAsync(
        NpgsqlConnection connection, CancelsQuery query, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText = CancelsConditions.Select(query, query.Limit + 1, command);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var places = new List<TimeCursor>();
        var runs = 0L;
        while (await reader.ReadAsync(cancellation))
        {
            runs += reader.GetInt32(2);
            if (places.Count == query.Limit || (places.Count > 0 && runs > MaximumRuns))
            {
                return (places, More: true);
            }

            places.Add(new TimeCursor(reader.GetFieldValue<DateTimeOffset>(1), reader.GetInt64(0)));
        }

        return (places, More: false);
    }
}
