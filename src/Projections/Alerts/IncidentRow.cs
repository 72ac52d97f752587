using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Alerts;

/// <summary>A check that fails at one location or several, until each of them has passed again.</summary>
/// <param name="Check">The check.</param>
/// <param name="Name">What the session calls it whose run opened the incident.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="OpenedPosition">The event that settled the run which opened it.</param>
internal sealed record IncidentRow(CheckKey Check, string Name, DateTimeOffset OpenedAt, long OpenedPosition)
{
    private const int IdLength = 16;

    /// <summary>When it was resolved; null while it is open.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The event that settled the run which resolved it.</summary>
    public long? ResolvedPosition { get; init; }

    /// <summary>All locations that failed in it.</summary>
    public ImmutableSortedSet<string> Locations { get; init; } = NoLocations;

    /// <summary>Those that have not passed since.</summary>
    public ImmutableSortedSet<string> FailingLocations { get; init; } = NoLocations;

    /// <summary>How many alerts became due in it.</summary>
    public int Alerts { get; init; }

    /// <summary>
    /// Its id: the same at every rebuild, since it is a name-based uuid (RFC 9562, version 8 over SHA-256) of the check and the position
    /// that opened it.
    /// </summary>
    public Guid Id
    {
        get
        {
            Span<byte> name = stackalloc byte[(2 * IdLength) + sizeof(long)];
            Check.AccountId.TryWriteBytes(name, bigEndian: true, out _);
            Check.CheckId.TryWriteBytes(name[IdLength..], bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(name[(2 * IdLength)..], OpenedPosition);
            Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(name, id);
            id[6] = (byte)((id[6] & 0x0f) | 0x80);
            id[8] = (byte)((id[8] & 0x3f) | 0x80);
            return new Guid(id[..IdLength], bigEndian: true);
        }
    }

    private static ImmutableSortedSet<string> NoLocations { get; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Locations in the order in which rows keep them, which no culture changes.</summary>
    public static ImmutableSortedSet<string> Sorted(IEnumerable<string> locations) => NoLocations.Union(locations);

    /// <summary>The incident that a run opens.</summary>
    public static IncidentRow OpenedBy(ResultFact run) => new(CheckKey.Of(run), run.Name, run.CreatedAt, run.Position);

    /// <summary>A location of it ran again, or failed for the first time.</summary>
    public IncidentRow After(ResultFact run, CheckCondition condition)
    {
        var next = condition switch
        {
            CheckCondition.Failing => this with { Locations = Locations.Add(run.Location), FailingLocations = FailingLocations.Add(run.Location) },
            CheckCondition.Degraded => this,
            CheckCondition.Passing => this with { FailingLocations = FailingLocations.Remove(run.Location) },
            _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, "A condition without a rule."),
        };
        next = next with { Alerts = Alerts + 1 };
        return next.FailingLocations.IsEmpty ? next with { ResolvedAt = run.CreatedAt, ResolvedPosition = run.Position } : next;
    }
}

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
