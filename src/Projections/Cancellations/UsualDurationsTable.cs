using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>The table <c>usual_durations</c>, as the projection reads and writes it.</summary>
internal static class UsualDurationsTable
{
    private const string LoadSql = """
        select account_id, check_id, location, results, total_ms
        from unnest($1, $2, $3) as k(account_id, check_id, location) join usual_durations u using (account_id, check_id, location)
        """;

    private const string AddSql = """
        insert into usual_durations as u (account_id, check_id, location, results, total_ms)
        select * from unnest($1, $2, $3, $4, $5)
        on conflict (account_id, check_id, location) do update set
          results = u.results + excluded.results, total_ms = u.total_ms + excluded.total_ms
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<CheckPlace> places, CancelFold fold, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(Keys(places));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            fold.Usual.Add(
                new CheckPlace(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2)),
                new UsualDuration(reader.GetInt64(3), reader.GetDecimal(4)));
        }
    }

    /// <summary>Adds results to what is there.</summary>
    public static NpgsqlBatchCommand Add(IReadOnlyList<KeyValuePair<CheckPlace, UsualDuration>> results) => SqlArray.Command(
        AddSql,
        [
            .. Keys([.. results.Select(result => result.Key)]),
            SqlArray.Of(results, NpgsqlDbType.Bigint, result => result.Value.Results),
            SqlArray.Of(results, NpgsqlDbType.Numeric, result => result.Value.TotalMs),
        ]);

    private static NpgsqlParameter[] Keys(IReadOnlyList<CheckPlace> places) =>
    [
        SqlArray.Of(places, NpgsqlDbType.Uuid, place => place.AccountId),
        SqlArray.Of(places, NpgsqlDbType.Uuid, place => place.CheckId),
        SqlArray.Of(places, NpgsqlDbType.Text, place => place.Location),
    ];
}
