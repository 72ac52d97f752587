using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.CheckResults;

/// <summary>Which results does a check have? Each is written once, as the event tells it that brought it, and never touched again.</summary>
internal sealed class CheckResultsProjection() : ResultProjection(CheckResultsReader.ProjectionName)
{
    private const string InsertSql = """
        insert into check_results (
          position, account_id, check_id, session_id, sequence_id, report_id, result_type, check_type, location, name,
          outcome, has_failures, has_errors, is_degraded, is_cancelled, cancel_id, cause, attempt, started_at, response_time, created_at)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """;

    internal override Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<NpgsqlBatchCommand>>([Insert(results)]);

    private static NpgsqlBatchCommand Insert(IReadOnlyList<ResultFact> rows) => SqlArray.Command(
        InsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Run.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Run.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Run.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.ReportId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<ResultType>.Of(row.IsFinal ? ResultType.Final : ResultType.Attempt)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Location),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Outcome is { } outcome ? Words<RunState>.Of(outcome) : null),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.HasFailures),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.HasErrors),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.IsDegraded),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.IsCancelled),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.CancelId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Cause is { } cause ? Words<CancelCause>.Of(cause) : null),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Attempt),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.StartedAt),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.ResponseTime),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.CreatedAt),
        ]);
}
