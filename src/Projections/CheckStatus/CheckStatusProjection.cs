using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.CheckStatus;

/// <summary>How does each check stand? Folds the results that settled a run of a check (docs/dialects/checkly.md#check-statuses).</summary>
internal sealed class CheckStatusProjection() : ResultProjection(CheckStatusReader.ProjectionName)
{
    /// <summary>A cancelled run leaves the status as it is, or absent, in every part.</summary>
    internal override bool Wants(ResultFact result) => Judges(result);

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation)
    {
        var rows = new Rows<CheckKey, CheckStatusRow>();
        await CheckStatusTable.LoadAsync(connection, [.. results.Select(CheckKey.Of).Distinct()], rows, cancellation);
        foreach (var result in results)
        {
            Apply(result, rows);
        }

        return [CheckStatusTable.Upsert([.. rows.Added, .. rows.Changed])];
    }

    /// <summary>Folds one result. Pure; one that changes nothing leaves no trace of a change.</summary>
    internal static void Apply(ResultFact result, Rows<CheckKey, CheckStatusRow> rows)
    {
        if (Judges(result))
        {
            var key = CheckKey.Of(result);
            rows.Set(key, CheckStatusRow.After(rows.Find(key), result));
        }
    }

    private static bool Judges(ResultFact result) => result is { HasCheck: true, Outcome: { } outcome } && outcome.MayAlert();
}

/// <summary>One check of one account.</summary>
internal readonly record struct CheckKey(Guid AccountId, Guid CheckId)
{
    /// <summary>The check of a result.</summary>
    public static CheckKey Of(ResultFact result) => new(result.Run.AccountId, result.CheckId);
}

/// <summary>A run that a check's status is taken from, as readers show it.</summary>
/// <param name="Position">The event that settled it.</param>
/// <param name="Name">What its session calls it.</param>
/// <param name="Location">Where it ran.</param>
/// <param name="HasFailures">Whether it failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="SettledAt">When it was settled.</param>
internal sealed record LastRun(
    long Position, string Name, string Location, bool HasFailures, bool HasErrors, bool IsDegraded, DateTimeOffset SettledAt);

/// <summary>How a check stands.</summary>
/// <param name="Last">The last run that counts.</param>
/// <param name="LongestRun">The longest run that counts, in milliseconds; null when no length is known.</param>
/// <param name="ShortestRun">The shortest one.</param>
/// <param name="CreatedAt">When the first one was settled.</param>
internal sealed record CheckStatusRow(LastRun Last, long? LongestRun, long? ShortestRun, DateTimeOffset CreatedAt)
{
    /// <summary>The status after a further run.</summary>
    public static CheckStatusRow After(CheckStatusRow? status, ResultFact run)
    {
        var last = new LastRun(run.Position, run.Name, run.Location, run.HasFailures, run.HasErrors, run.IsDegraded, run.CreatedAt);
        return status is null
            ? new CheckStatusRow(last, run.ResponseTime, run.ResponseTime, run.CreatedAt)
            : status with
            {
                Last = last,
                LongestRun = ((long?[])[status.LongestRun, run.ResponseTime]).Max(),
                ShortestRun = ((long?[])[status.ShortestRun, run.ResponseTime]).Min(),
            };
    }
}

/// <summary>The table <c>check_statuses</c>, as the projection reads and writes it.</summary>
internal static class CheckStatusTable
{
    private const string Columns = """
        account_id, check_id, last_position, name, last_location, has_failures, has_errors, is_degraded, longest_run, shortest_run,
        created_at, updated_at
        """;

    private const string LoadSql = $"""
        select {Columns} from unnest($1, $2) as k(account_id, check_id) join check_statuses s using (account_id, check_id)
        """;

    private const string UpsertSql = $"""
        insert into check_statuses ({Columns})
        select {Columns} from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as n({Columns})
        on conflict (account_id, check_id) do update set
          last_position = excluded.last_position, name = excluded.name, last_location = excluded.last_location,
          has_failures = excluded.has_failures, has_errors = excluded.has_errors, is_degraded = excluded.is_degraded,
          longest_run = excluded.longest_run, shortest_run = excluded.shortest_run, updated_at = excluded.updated_at
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<CheckKey> keys, Rows<CheckKey, CheckStatusRow> rows, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.Add(SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId));
        command.Parameters.Add(SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.CheckId));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(
                new CheckKey(reader.GetGuid(0), reader.GetGuid(1)),
                new CheckStatusRow(
                    new LastRun(
                        reader.GetInt64(2),
                        reader.GetString(3),
                        reader.GetString(4),
                        reader.GetBoolean(5),
                        reader.GetBoolean(6),
                        reader.GetBoolean(7),
                        reader.GetFieldValue<DateTimeOffset>(11)),
                    reader.GetFieldValue<long?>(8),
                    reader.GetFieldValue<long?>(9),
                    reader.GetFieldValue<DateTimeOffset>(10)));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<CheckKey, CheckStatusRow>> rows) => SqlArray.Command(
        UpsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Last.Position),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.Location),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Last.HasFailures),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Last.HasErrors),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Last.IsDegraded),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.LongestRun),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.ShortestRun),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.CreatedAt),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Last.SettledAt),
        ]);
}
