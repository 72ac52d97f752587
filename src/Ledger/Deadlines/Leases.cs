using NpgsqlTypes;

namespace Ledger.Deadlines;

/// <summary>
/// The leases in <c>due_times</c>. Heartbeats are not events but move the end of a lease there (docs/domain.md#events); those that arrive while
/// others are being written are written together.
/// </summary>
/// <param name="dataSource">The database.</param>
/// <param name="dueTimes">By which clock.</param>
public sealed class Leases(NpgsqlDataSource dataSource, DueTimes dueTimes)
{
    // Waits for nobody, so that it cannot deadlock: a row that is locked is being renewed, or decided about, just now. Need not survive a crash
    // of the database: after one, leases begin anew.
    private const string RenewSql = """
        with beating as (
          select d.account_id, d.session_id, d.sequence_id, n.lease
          from unnest($1, $2, $3, $4, $5) as n(account_id, session_id, sequence_id, runner_id, lease)
          join ledger.due_times d using (account_id, session_id, sequence_id)
          where d.runner_id = n.runner_id and d.lease_ends < 'infinity'
          for update of d skip locked
        )
        update ledger.due_times d set lease_ends = greatest(d.lease_ends, ledger.due_in(t.now, b.lease))
        from beating b cross join (select ledger.running_time($6) as now) t
        where d.account_id = b.account_id and d.session_id = b.session_id and d.sequence_id = b.sequence_id
        """;

    private const string NotBegunSql = """
        select session_id, sequence_id from ledger.due_times
        where account_id = $1 and runner_id = $2 and not has_begun and sequence_id <> all($3)
        order by session_id, sequence_id
        limit $4
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
            waiting.Renewals[(stream, sequenceId)] = (runnerId, leaseSeconds);
            if (!isWriting)
            {
                isWriting = true;
                _ = Task.Run(WriteAsync, CancellationToken.None);
            }

            return waiting.Written.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>The runs that a runner has claimed and not begun, but for some.</summary>
    /// <param name="accountId">The runner's account.</param>
    /// <param name="runnerId">The runner.</param>
    /// <param name="except">Those that it knows of.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<(StreamId Stream, Guid SequenceId)>> NotBegunAsync(
        Guid accountId, string runnerId, IReadOnlyCollection<Guid> except, int limit, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(NotBegunSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = runnerId });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. except] });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<(StreamId, Guid)>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add((new StreamId(accountId, reader.GetGuid(0)), reader.GetGuid(1)));
        }

        return found;
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

    private async Task WriteAsync(
        IReadOnlyList<KeyValuePair<(StreamId Stream, Guid SequenceId), (string RunnerId, int LeaseSeconds)>> renewals)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select set_config('synchronous_commit', 'off', true)"),
                new NpgsqlBatchCommand(RenewSql)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. renewals.Select(renewal => renewal.Key.Stream.AccountId)] },
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. renewals.Select(renewal => renewal.Key.Stream.SessionId)] },
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. renewals.Select(renewal => renewal.Key.SequenceId)] },
                        new NpgsqlParameter<string[]> { TypedValue = [.. renewals.Select(renewal => renewal.Value.RunnerId)] },
                        new NpgsqlParameter<double[]> { TypedValue = [.. renewals.Select(renewal => (double)renewal.Value.LeaseSeconds)] },
                        new NpgsqlParameter<DateTimeOffset> { TypedValue = dueTimes.Given, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    },
                },
            },
        };
        await batch.PrepareAsync();
        await batch.ExecuteNonQueryAsync();
    }

    private sealed class Waiting
    {
        public Dictionary<(StreamId Stream, Guid SequenceId), (string RunnerId, int LeaseSeconds)> Renewals { get; } = [];

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
