using Ledger.Projections.AlertChannels;
using Ledger.Projections.Alerts;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.AlertDeliveries;

/// <summary>
/// Who is to be sent what? A reaction, not a table to rebuild: for each alert that becomes due it makes one open delivery per channel that
/// asks for it. An alert that is only pending makes none: its run may still be cancelled (docs/domain.md#p6). What was made once is never
/// made again, even if the alerts are derived anew.
/// </summary>
internal sealed class AlertDeliveriesProjection() : DerivedProjection(AlertDeliveryReader.ProjectionName, 1)
{
    private const string InsertSql = """
        insert into ledger.alert_deliveries (channel, alert_position, account_id, webhook_id, event, payload, check_id, check_type,
          sequence_id, report_id, created_at, next_attempt_at)
        select channel, alert_position, account_id, webhook_id, event, payload, check_id, check_type, sequence_id, report_id, at, at
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as n(
          channel, alert_position, account_id, webhook_id, event, payload, check_id, check_type, sequence_id, report_id, at)
        on conflict (alert_position, channel) do nothing
        """;

    /// <summary>The alerts that the events decided are in their table, as are the results.</summary>
    public override IReadOnlyList<string> Requires => [AlertsReader.ProjectionName, CheckResultsReader.ProjectionName];

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, long after, long through, CancellationToken cancellation)
    {
        var due = await DueAlert.ReadAsync(connection, after, through, cancellation);
        return due.Count == 0
            ? []
            :
            [
                SqlArray.Command(
                    InsertSql,
                    [
                        SqlArray.Of(due, NpgsqlDbType.Bigint, alert => alert.Channel),
                        SqlArray.Of(due, NpgsqlDbType.Bigint, alert => alert.Position),
                        SqlArray.Of(due, NpgsqlDbType.Uuid, alert => alert.AccountId),
                        SqlArray.Of(due, NpgsqlDbType.Text, WebhookIds.Of),
                        SqlArray.Of(due, NpgsqlDbType.Text, alert => alert.Event),
                        SqlArray.Of(due, NpgsqlDbType.Text, AlertPayload.Of),
                        SqlArray.Of(due, NpgsqlDbType.Uuid, alert => alert.CheckId),
                        SqlArray.Of(due, NpgsqlDbType.Text, alert => alert.CheckType),
                        SqlArray.Of(due, NpgsqlDbType.Uuid, alert => alert.SequenceId),
                        SqlArray.Of(due, NpgsqlDbType.Uuid, alert => alert.ReportId),
                        SqlArray.Of(due, NpgsqlDbType.TimestampTz, alert => alert.SettledAt),
                    ]),
            ];
    }
}
