using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>The table <c>cancel_counts</c>, as the projection writes it.</summary>
internal static class CancelCountsTable
{
    private const string AddSql = """
        insert into cancel_counts as c (account_id, grain, start, subject, cause, via, outcome, count)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (account_id, grain, start, subject, cause, via, outcome) do update set count = c.count + excluded.count
        """;

    /// <summary>Adds to the counts that are there.</summary>
    public static NpgsqlBatchCommand Add(IReadOnlyList<KeyValuePair<CountKey, long>> counts) => SqlArray.Command(
        AddSql,
        [
            SqlArray.Of(counts, NpgsqlDbType.Uuid, count => count.Key.Span.AccountId),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<Grain>.Of(count.Key.Span.Grain)),
            SqlArray.Of(counts, NpgsqlDbType.TimestampTz, count => count.Key.Span.Start),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<CountSubject>.Of(count.Key.Subject)),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<CancelCause>.Of(count.Key.Cause)),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<CancelVia>.Of(count.Key.Via)),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => count.Key.Outcome),
            SqlArray.Of(counts, NpgsqlDbType.Bigint, count => count.Value),
        ]);
}
