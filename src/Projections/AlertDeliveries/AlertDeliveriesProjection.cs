using System.Text.Json;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.Alerts;
using Marten;

namespace Ledger.Projections.AlertDeliveries;

/// <summary>
/// Who is to be sent what? A reaction, not a table to rebuild: for each alert that becomes due it makes one open delivery per channel that
/// asks for it, and the message of its first try. An alert that is only pending makes none: its run may still be cancelled
/// (docs/domain.md#p6). What was made once is never made again, even if the alerts are derived anew.
/// </summary>
public sealed class AlertDeliveriesProjection : Reaction
{
    // That another host has made one meanwhile, which believes to keep this reaction too, fails the page: its message must not be kept twice.
    private const string InsertSql = """
        insert into ledger.alert_deliveries (id, channel, alert_position, account_id, webhook_id, event, payload, check_id, check_type,
          sequence_id, report_id, created_at, next_attempt_at)
        select id, channel, alert_position, account_id, webhook_id, event, payload, check_id, check_type, sequence_id, report_id, at, at
        from jsonb_to_recordset(?::jsonb) as n(
          id bigint, channel bigint, alert_position bigint, account_id uuid, webhook_id text, event text, payload text, check_id uuid,
          check_type text, sequence_id uuid, report_id uuid, at timestamptz)
        """;

    // A cancelled run raises no alert (docs/domain.md#rule-7): what only cancels bring need not be looked at.
    private static readonly string Concerns =
        $"type = any('{{{string.Join(',', EventTypes.That<ISettlesRun>().Except([typeof(RunAborted), typeof(CancelExpired)]).Select(EventTypes.AliasOf))}}}')";

    private readonly NpgsqlDataSource dataSource;

    /// <summary>The reaction, for Marten's daemon to drive.</summary>
    /// <param name="progress">Says how far the alerts are.</param>
    /// <param name="dataSource">Where they are.</param>
    /// <param name="outbox">Keeps the messages.</param>
    public AlertDeliveriesProjection(ReadModelProgress progress, NpgsqlDataSource dataSource, Outbox outbox)
        : base(AlertDeliveryReader.ProjectionName, Concerns, AlertsReader.ProjectionName, progress, dataSource, outbox) => this.dataSource = dataSource;

    internal override async Task<IReadOnlyList<object>> ReactAsync(
        IDocumentSession session, IReadOnlyList<long> positions, CancellationToken cancellation)
    {
        var due = await DueAlert.ReadAsync(dataSource, positions[0], positions[^1], cancellation);
        if (due.Count > 0)
        {
            session.QueueSqlCommand(InsertSql, JsonSerializer.Serialize(due.Select(alert => new
            {
                id = alert.Delivery,
                channel = alert.Channel,
                alert_position = alert.Position,
                account_id = alert.AccountId,
                webhook_id = WebhookIds.Of(alert),
                @event = alert.Event,
                payload = AlertPayload.Of(alert),
                check_id = alert.CheckId,
                check_type = alert.CheckType,
                sequence_id = alert.SequenceId,
                report_id = alert.ReportId,
                at = alert.SettledAt,
            })));
        }

        return [.. due.Select(alert => new DeliverAlert(alert.Delivery))];
    }
}
