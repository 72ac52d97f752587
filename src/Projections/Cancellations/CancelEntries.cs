using System.Text.Json;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Npgsql;

namespace Ledger.Projections.Cancellations;

/// <summary>Reads whole entries: the requests and their runs, in the caller's snapshot.</summary>
internal static class CancelEntries
{
    private const string CancelsSql = """
        select position, cancel_id, session_id, session_kind, session_name, project, actor_kind, actor_id, actor_name, via, cause, reason,
          forced, escalation, superseded_by, origin, requested_at, settled_at, outcome, skipped
        from ledger.cancels where position = any($1)
        order by requested_at desc, position desc
        """;

    private const string RunsSql = """
        select r.cancel_position, r.sequence_id, r.check_id, r.check_type, r.name, r.location, r.started_at, c.requested_at, r.delivered_at,
          r.channel, r.acknowledged_at, r.stopped_at, r.settled_at, r.forced, r.how, r.exit_code, r.signal, r.duration_ms,
          r.processes_left, r.state, r.outcome, r.freed_ms
        from ledger.cancel_runs r join ledger.cancels c on c.position = r.cancel_position
        where r.cancel_position = any($1)
        order by r.cancel_position, r.ordinal
        """;

    /// <summary>The requests of these positions, newest first.</summary>
    public static async Task<IReadOnlyList<CancelEntry>> ReadAsync(
        NpgsqlConnection connection, long[] positions, CancellationToken cancellation)
    {
        if (positions.Length == 0)
        {
            return [];
        }

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(RunsSql, positions), Command(CancelsSql, positions) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var runs = new Dictionary<long, List<CancelledRun>>();
        while (await reader.ReadAsync(cancellation))
        {
            if (!runs.TryGetValue(reader.GetInt64(0), out var ofCancel))
            {
                runs.Add(reader.GetInt64(0), ofCancel = []);
            }

            ofCancel.Add(ReadRun(reader));
        }

        await reader.NextResultAsync(cancellation);
        var entries = new List<CancelEntry>();
        while (await reader.ReadAsync(cancellation))
        {
            entries.Add(ReadCancel(reader, runs.GetValueOrDefault(reader.GetInt64(0)) ?? []));
        }

        return entries;
    }

    private static CancelEntry ReadCancel(NpgsqlDataReader row, IReadOnlyList<CancelledRun> runs) =>
        new(row.GetGuid(1), row.GetGuid(2), row.GetInt64(0))
        {
            SessionKind = Words<SessionKind>.Read(row.GetString(3)),
            SessionName = row.GetString(4),
            Project = row.GetStringOrNull(5),
            Actor = new Actor(Words<ActorKind>.Read(row.GetString(6)), row.GetString(7), row.GetStringOrNull(8)),
            Via = Words<CancelVia>.Read(row.GetString(9)),
            Cause = Words<CancelCause>.Read(row.GetString(10)),
            Reason = row.GetStringOrNull(11),
            Forced = row.GetBoolean(12),
            Escalation = Json<CancelEscalation>(row, 13),
            SupersededBy = row.GetFieldValue<Guid?>(14),
            Origin = Json<Dictionary<string, string>>(row, 15),
            RequestedAt = row.GetFieldValue<DateTimeOffset>(16),
            SettledAt = row.GetFieldValue<DateTimeOffset?>(17),
            Outcome = Words<CancelOutcome>.Read(row.GetString(18)),
            Runs = runs,
            Skipped = Json<List<SkippedRun>>(row, 19) ?? [],
        };

    private static CancelledRun ReadRun(NpgsqlDataReader row) =>
        new(row.GetGuid(1), row.GetFieldValue<Guid?>(2), row.GetString(3), row.GetString(4), row.GetString(5))
        {
            StartedAt = row.GetFieldValue<DateTimeOffset?>(6),
            RequestedAt = row.GetFieldValue<DateTimeOffset>(7),
            DeliveredAt = row.GetFieldValue<DateTimeOffset?>(8),
            Channel = row.GetStringOrNull(9) is { } channel ? Words<DeliveryChannel>.Read(channel) : null,
            AcknowledgedAt = row.GetFieldValue<DateTimeOffset?>(10),
            StoppedAt = row.GetFieldValue<DateTimeOffset?>(11),
            SettledAt = row.GetFieldValue<DateTimeOffset?>(12),
            Forced = row.GetBoolean(13),
            How = row.GetStringOrNull(14) is { } how ? Words<AbortManner>.Read(how) : null,
            ExitCode = row.GetFieldValue<int?>(15),
            Signal = row.GetStringOrNull(16),
            DurationMs = row.GetFieldValue<long?>(17),
            Evidence = row.GetFieldValue<int?>(18) is { } left ? new StopEvidence(left) : null,
            State = Words<RunState>.Read(row.GetString(19)),
            Outcome = Words<CancelRunOutcome>.Read(row.GetString(20)),
            RunnerTimeFreedMs = row.GetFieldValue<long?>(21),
        };

    private static T? Json<T>(NpgsqlDataReader row, int column)
        where T : class => row.GetStringOrNull(column) is { } json ? JsonSerializer.Deserialize<T>(json, CancelJson.Options) : null;

    private static NpgsqlBatchCommand Command(string sql, long[] positions) =>
        new(sql) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = positions } } };
}
