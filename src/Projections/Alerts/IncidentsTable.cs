using System.Collections.Immutable;
using System.Text.Json;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Alerts;

/// <summary>The table <c>incidents</c>, as the projection reads and writes it.</summary>
internal static class IncidentsTable
{
    private const string SelectOpenSql = """
        select i.account_id, i.check_id, i.check_name, i.opened_at, i.opened_position, i.locations::text, i.failing_locations::text, i.alerts
        from unnest($1, $2) as k(account_id, check_id)
        join incidents i using (account_id, check_id)
        where i.resolved_position is null
        """;

    private const string InsertSql = """
        insert into incidents (incident_id, resolved_at, resolved_position, locations, failing_locations, alerts, account_id, check_id,
          check_name, opened_at, opened_position)
        select incident_id, resolved_at, resolved_position, locations::jsonb, failing_locations::jsonb, alerts, account_id, check_id,
          check_name, opened_at, opened_position
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as n(incident_id, resolved_at, resolved_position, locations,
          failing_locations, alerts, account_id, check_id, check_name, opened_at, opened_position)
        """;

    private const string UpdateSql = """
        update incidents i set resolved_at = n.resolved_at, resolved_position = n.resolved_position, locations = n.locations::jsonb,
          failing_locations = n.failing_locations::jsonb, alerts = n.alerts
        from unnest($1, $2, $3, $4, $5, $6) as n(incident_id, resolved_at, resolved_position, locations, failing_locations, alerts)
        where i.incident_id = n.incident_id
        """;

    public static NpgsqlBatchCommand SelectOpen(IReadOnlyList<CheckKey> checks) => SqlArray.Command(
        SelectOpenSql,
        [
            SqlArray.Of(checks, NpgsqlDbType.Uuid, check => check.AccountId),
            SqlArray.Of(checks, NpgsqlDbType.Uuid, check => check.CheckId),
        ]);

    public static async Task LoadAsync(NpgsqlDataReader reader, AlertRows rows, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(new IncidentRow(
                new CheckKey(reader.GetGuid(0), reader.GetGuid(1)),
                reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetInt64(4))
            {
                Locations = ReadLocations(reader.GetString(5)),
                FailingLocations = ReadLocations(reader.GetString(6)),
                Alerts = reader.GetInt32(7),
            });
        }
    }

    public static NpgsqlBatchCommand Insert(IReadOnlyList<IncidentRow> rows) => SqlArray.Command(
        InsertSql,
        [
            .. Changeable(rows),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Check.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Check.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Name),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.OpenedAt),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.OpenedPosition),
        ]);

    public static NpgsqlBatchCommand Update(IReadOnlyList<IncidentRow> rows) => SqlArray.Command(UpdateSql, [.. Changeable(rows)]);

    private static IEnumerable<NpgsqlParameter> Changeable(IReadOnlyList<IncidentRow> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Id),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.ResolvedAt),
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.ResolvedPosition),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => JsonSerializer.Serialize(row.Locations)),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => JsonSerializer.Serialize(row.FailingLocations)),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Alerts),
    ];

    private static ImmutableSortedSet<string> ReadLocations(string json) => IncidentRow.Sorted(JsonSerializer.Deserialize<string[]>(json)!);
}
