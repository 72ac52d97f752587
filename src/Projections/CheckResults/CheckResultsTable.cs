using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.CheckResults;

/// <summary>The table <c>check_results</c>, as the projection writes it.</summary>
internal static class CheckResultsTable
{
    private const string InsertSql = """
        insert into check_results (
          position, account_id, check_id, session_id, sequence_id, report_id, result_type, check_type, location, name,
          outcome, has_failures, has_errors, is_degraded, is_cancelled, cancel_id, cause, attempt, started_at, response_time, created_at)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """;

    public static NpgsqlBatchCommand Insert(IReadOnlyList<(RunKey Key, CheckRunRow Run, CheckResultRow Result)> rows) => SqlArray.Command(
        InsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Result.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Run.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.ReportId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<ResultType>.Of(row.Result.ResultType)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Run.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Run.Location),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Run.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Outcome is { } outcome ? Words<RunState>.Of(outcome) : null),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Result.HasFailures),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Result.HasErrors),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Result.IsDegraded),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Result.IsCancelled),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.IsCancelled ? row.Run.CancelId : null),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.IsCancelled && row.Run.Cause is { } cause ? Words<CancelCause>.Of(cause) : null),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Result.Attempt),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Result.StartedAt),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Result.ResponseTime),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Result.CreatedAt),
        ]);
}
