using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.OpenRuns;

/// <summary>
/// When each runner was last heard of: small mutable rows, not events (docs/domain.md#events). Heartbeats that arrive while others are
/// being written are written together. Leases of settled runs are swept away by the watch over the deadlines.
/// </summary>
/// <param name="dataSource">The database.</param>
/// <param name="clock">The ledger's clock.</param>
public sealed class Leases(NpgsqlDataSource dataSource, TimeProvider clock)
{
    // Ordered by key, so that two hosts never wait for each other's rows. Heartbeats need not survive a crash of the database: after one,
    // leases begin anew (see ObservedDeadlines).
    private const string RenewSql = """
        insert into ledger.leases as l (account_id, session_id, sequence_id, runner_id, renewals, renewed_at, expires_at)
        select account_id, session_id, sequence_id, runner_id, 1, $5, $5 + make_interval(secs => lease_seconds)
        from unnest($1, $2, $3, $4, $6) as n(account_id, session_id, sequence_id, runner_id, lease_seconds)
        order by account_id, session_id, sequence_id
        on conflict (account_id, session_id, sequence_id) do update set
          runner_id = excluded.runner_id, renewals = l.renewals + 1, renewed_at = excluded.renewed_at,
          expires_at = greatest(l.expires_at, excluded.expires_at)
        """;

    // Skips what is locked, so that it waits for nobody and nobody's heartbeat can deadlock with it.
    private const string SweepSql = """
        delete from ledger.leases where (account_id, session_id, sequence_id) in (
          select l.account_id, l.session_id, l.sequence_id from ledger.leases l
          where not exists (
            select from ledger.open_runs r
            where r.account_id = l.account_id and r.session_id = l.session_id and r.sequence_id = l.sequence_id)
          for update of l skip locked)
        """;

    private readonly Lock gate = new();
    private Waiting waiting = new();
    private bool isWriting;

    /// <summary>A runner was heard of: its lease on a run counts from now.</summary>
    /// <param name="stream">The session.</param>
    /// <param name="sequenceId">The run.</param>
    /// <param name="runnerId">The runner that holds it.</param>
    /// <param name="leaseSeconds">How long without a heartbeat until it counts as gone.</param>
    /// <param name="cancellation">Ends the waiting, not the write.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached; the runner's next heartbeat will make up for it.</exception>
    public Task RenewAsync(
        StreamId stream, Guid sequenceId, string runnerId, int leaseSeconds, CancellationToken cancellation = default)
    {
        lock (gate)
        {
            waiting.Renewals[new RunKey(stream.AccountId, stream.SessionId, sequenceId)] = (runnerId, leaseSeconds);
            if (!isWriting)
            {
                isWriting = true;
                _ = Task.Run(WriteAsync, CancellationToken.None);
            }

            return waiting.Written.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Removes the leases of runs that are not open.</summary>
    internal static async Task SweepAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(SweepSql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task WriteAsync()
    {
        while (Take() is { } taken)
        {
            try
            {
                await WriteAsync([.. taken.Renewals]);
                taken.Written.SetResult();
            }
            catch (Exception failure)
            {
                taken.Written.SetException(failure);
            }
        }
    }

    private Waiting? Take()
    {
        lock (gate)
        {
            var taken = waiting;
            isWriting = taken.Renewals.Count > 0;
            waiting = isWriting ? new Waiting() : taken;
            return isWriting ? taken : null;
        }
    }

    private async Task WriteAsync(IReadOnlyList<KeyValuePair<RunKey, (string RunnerId, int LeaseSeconds)>> renewals)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select set_config('synchronous_commit', 'off', true)"),
                SqlArray.Command(
                    RenewSql,
                    [
                        SqlArray.Of(renewals, NpgsqlDbType.Uuid, renewal => renewal.Key.AccountId),
                        SqlArray.Of(renewals, NpgsqlDbType.Uuid, renewal => renewal.Key.SessionId),
                        SqlArray.Of(renewals, NpgsqlDbType.Uuid, renewal => renewal.Key.SequenceId),
                        SqlArray.Of(renewals, NpgsqlDbType.Text, renewal => renewal.Value.RunnerId),
                        new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz },
                        SqlArray.Of(renewals, NpgsqlDbType.Integer, renewal => renewal.Value.LeaseSeconds),
                    ]),
            },
        };
        await batch.PrepareAsync();
        await batch.ExecuteNonQueryAsync();
    }

    private sealed class Waiting
    {
        public Dictionary<RunKey, (string RunnerId, int LeaseSeconds)> Renewals { get; } = [];

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
