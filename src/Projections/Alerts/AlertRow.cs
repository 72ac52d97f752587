using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Alerts;

/// <summary>What became of an alert that was decided. The three states after the first are final.</summary>
internal enum AlertState
{
    /// <summary>Decided on a failed try; its run is not settled, and nothing may be sent.</summary>
    Pending,

    /// <summary>Its run was settled by a result that counts: to be sent.</summary>
    Due,

    /// <summary>Its run was settled by a result that raises no alert: a retry passed.</summary>
    Withdrawn,

    /// <summary>Its run was cancelled (docs/domain.md#rule-7).</summary>
    Suppressed,
}

/// <summary>The alert of a run, of which there is at most one.</summary>
/// <param name="Position">The deciding event: the run's first failed try, else what settled the run. Never changes.</param>
/// <param name="DecidedAt">When that was.</param>
/// <param name="Type">What it tells of; settled together with the run.</param>
/// <param name="State">What became of it.</param>
/// <param name="Result">The result that it tells of: the one that settled the run, until then the failed try.</param>
internal sealed record AlertRow(long Position, DateTimeOffset DecidedAt, AlertType Type, AlertState State, ResultFact Result)
{
    /// <summary>The incident of its location; null for none.</summary>
    public Guid? IncidentId { get; init; }

    /// <summary>The event that settled the run; null while it is open.</summary>
    public long? SettledPosition => Result.IsFinal ? Result.Position : null;

    /// <summary>When the run was settled.</summary>
    public DateTimeOffset? SettledAt => Result.IsFinal ? Result.CreatedAt : null;

    /// <summary>Why nothing is sent, in a sentence; null unless it is suppressed.</summary>
    public string? Reason =>
        State is not AlertState.Suppressed ? null
        : Result.Cause is { } cause ? $"The run was cancelled, cause {Words<CancelCause>.Of(cause)}."
        : "The run was cancelled.";

    /// <summary>Decided on a failed try.</summary>
    public static AlertRow Pending(ResultFact attempt, AlertType type) =>
        new(attempt.Position, attempt.CreatedAt, type, AlertState.Pending, attempt);

    /// <summary>What the end of the run makes of it.</summary>
    /// <param name="pending">The alert that was decided before; null for none.</param>
    /// <param name="final">The result that settled the run.</param>
    /// <param name="type">What the alert tells of, now that this is certain.</param>
    /// <param name="state">What becomes of it.</param>
    public static AlertRow Settled(AlertRow? pending, ResultFact final, AlertType type, AlertState state) =>
        new(pending?.Position ?? final.Position, pending?.DecidedAt ?? final.CreatedAt, type, state, final);
}

/// <summary>The table <c>alerts</c>, as the projection reads and writes it.</summary>
internal static class AlertsTable
{
    private const string Columns = """
        position, account_id, check_id, check_name, check_type, location, session_id, sequence_id, alert_type, state, decided_at,
        settled_position, settled_at, outcome, report_id, response_time, started_at, incident_id, reason, cancel_id, cause
        """;

    private const string SelectPendingSql = """
        select a.position, a.decided_at, a.alert_type, a.account_id, a.session_id, a.sequence_id, a.check_id, a.check_type, a.location,
          a.check_name, a.report_id, a.response_time, a.started_at
        from unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        join alerts a using (account_id, session_id, sequence_id)
        where a.state = 'pending'
        """;

    private const string UpsertSql = $"""
        insert into alerts ({Columns})
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        on conflict (position) do update set
          alert_type = excluded.alert_type, state = excluded.state, settled_position = excluded.settled_position,
          settled_at = excluded.settled_at, outcome = excluded.outcome, report_id = excluded.report_id,
          response_time = excluded.response_time, started_at = excluded.started_at, incident_id = excluded.incident_id,
          reason = excluded.reason, cancel_id = excluded.cancel_id, cause = excluded.cause
        """;

    public static NpgsqlBatchCommand SelectPending(IReadOnlyList<RunKey> runs) => SqlArray.Command(
        SelectPendingSql,
        [
            SqlArray.Of(runs, NpgsqlDbType.Uuid, run => run.AccountId),
            SqlArray.Of(runs, NpgsqlDbType.Uuid, run => run.SessionId),
            SqlArray.Of(runs, NpgsqlDbType.Uuid, run => run.SequenceId),
        ]);

    public static async Task LoadAsync(NpgsqlDataReader reader, AlertRows rows, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            var run = new RunKey(reader.GetGuid(3), reader.GetGuid(4), reader.GetGuid(5));
            var attempt = new ResultFact(
                reader.GetInt64(0),
                run,
                reader.GetGuid(6),
                reader.GetString(7),
                reader.GetString(8),
                reader.GetString(9),
                reader.GetFieldValue<DateTimeOffset>(1))
            {
                ReportId = reader.GetFieldValue<Guid?>(10),
                ResponseTime = reader.GetFieldValue<long?>(11),
                StartedAt = reader.GetFieldValue<DateTimeOffset?>(12),
            };
            rows.Alerts.Load(run, AlertRow.Pending(attempt, Words<AlertType>.Read(reader.GetString(2))));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<AlertRow> rows) => SqlArray.Command(
        UpsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.Run.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Location),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.Run.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.Run.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<AlertType>.Of(row.Type)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<AlertState>.Of(row.State)),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.DecidedAt),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.SettledPosition),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.SettledAt),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Outcome is { } outcome ? Words<RunState>.Of(outcome) : null),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.ReportId),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Result.ResponseTime),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Result.StartedAt),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.IncidentId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Reason),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.CancelId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Cause is { } cause ? Words<CancelCause>.Of(cause) : null),
        ]);
}
