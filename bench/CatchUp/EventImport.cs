using Ledger.Serialization;
using Ledger.Sessions.Events;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Bench.CatchUp;

/// <summary>Writes histories straight into the tables, as a restore would: by COPY, with the sequence behind the last event.</summary>
internal static class EventImport
{
    /// <summary>Writes events behind those that there are, in their order.</summary>
    public static async Task RunAsync(NpgsqlDataSource source, Guid accountId, IEnumerable<(Guid Session, long Version, ISessionEvent Data)> events)
    {
        await using var connection = await source.OpenConnectionAsync();

        // Foreign keys are not looked at, as in a restore: the streams are known after their events. The pool takes it back.
        await using (var trusting = new NpgsqlCommand("set session_replication_role = replica", connection))
        {
            await trusting.ExecuteNonQueryAsync();
        }

        var account = accountId.ToString();
        await using var head = new NpgsqlCommand("select coalesce(max(seq_id), 0) from ledger.mt_events", connection);
        var position = (long)(await head.ExecuteScalarAsync())!;
        var streams = new Dictionary<Guid, (long Version, DateTimeOffset Last, DateTimeOffset First)>();
        await using (var copy = await connection.BeginBinaryImportAsync(
            """
            copy ledger.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type)
            from stdin (format binary)
            """))
        {
            foreach (var (session, version, data) in events)
            {
                var type = EventTypes.For(data);
                await copy.StartRowAsync();
                await copy.WriteAsync(++position, NpgsqlDbType.Bigint);
                await copy.WriteAsync(Guid.CreateVersion7(), NpgsqlDbType.Uuid);
                await copy.WriteAsync(session, NpgsqlDbType.Uuid);
                await copy.WriteAsync(version, NpgsqlDbType.Bigint);
                await copy.WriteAsync(type.Write(data), NpgsqlDbType.Jsonb);
                await copy.WriteAsync(type.Alias, NpgsqlDbType.Varchar);
                await copy.WriteAsync(data.At, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(account, NpgsqlDbType.Varchar);
                await copy.WriteAsync(type.DotNetType, NpgsqlDbType.Varchar);
                var first = streams.TryGetValue(session, out var stream) ? stream.First : data.At;
                streams[session] = (version, data.At, first);
            }

            await copy.CompleteAsync();
        }

        await using (var copy = await connection.BeginBinaryImportAsync(
            "copy ledger.mt_streams (tenant_id, id, type, version, timestamp, created) from stdin (format binary)"))
        {
            foreach (var (session, (version, last, first)) in streams)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(account, NpgsqlDbType.Varchar);
                await copy.WriteAsync(session, NpgsqlDbType.Uuid);
                await copy.WriteAsync("session", NpgsqlDbType.Varchar);
                await copy.WriteAsync(version, NpgsqlDbType.Bigint);
                await copy.WriteAsync(last, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(first, NpgsqlDbType.TimestampTz);
            }

            await copy.CompleteAsync();
        }

        await using var sequence = new NpgsqlCommand(
            "select setval('ledger.mt_events_sequence', (select max(seq_id) from ledger.mt_events))", connection);
        await sequence.ExecuteNonQueryAsync();

        // What autovacuum does after such a load, done before the measurement instead of within it.
        await using var vacuum = new NpgsqlCommand("vacuum analyze ledger.mt_events", connection) { CommandTimeout = 0 };
        await vacuum.ExecuteNonQueryAsync();
    }
}
