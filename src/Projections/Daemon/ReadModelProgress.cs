namespace Ledger.Projections.Daemon;

/// <summary>
/// Says when a read model or a reaction has come to a position, whichever host keeps it. One query serves all who wait on this host, and
/// none is made while nobody does.
/// </summary>
/// <param name="dataSource">The database.</param>
/// <param name="wakeup">Hurries the daemon of this host, should it be the one; null where none is hurried.</param>
public sealed class ReadModelProgress(NpgsqlDataSource dataSource, CommitWakeup? wakeup = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private const int Repeats = 3;

    private readonly Lock gate = new();
    private Task<Dictionary<string, long>>? next;

    /// <summary>Waits until a read model or a reaction has come to a position.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="position">The position.</param>
    /// <param name="timeout">How long to wait at most.</param>
    /// <returns>False when it did not come so far in time.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<bool> WaitForAsync(string model, long position, TimeSpan timeout, CancellationToken cancellation = default)
    {
        var ends = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (true)
        {
            var positions = await NextAsync().WaitAsync(cancellation);
            if (positions.GetValueOrDefault(model) >= position)
            {
                return true;
            }

            if (Environment.TickCount64 > ends)
            {
                return false;
            }

            wakeup?.Hurry();
            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>Waits until a read model has everything that is in the log now: a reader then sees all that anybody has written.</summary>
    /// <inheritdoc cref="WaitForAsync"/>
    public async Task<bool> WaitForHeadAsync(string model, TimeSpan timeout, CancellationToken cancellation = default)
    {
        var head = await RepeatedAsync(() => dataSource.QueryAsync(
            "select coalesce(max(seq_id), 0) from ledger.mt_events", [], row => row.GetInt64(0), cancellation));
        return await WaitForAsync(model, head[0], timeout, cancellation);
    }

    /// <summary>Pooled connections that died while they were idle say nothing about the database: a read is repeated on others.</summary>
    private static async Task<T> RepeatedAsync<T>(Func<Task<T>> read)
    {
        for (var repeats = 0; ; repeats++)
        {
            try
            {
                return await read();
            }
            catch (NpgsqlException outage) when (repeats < Repeats && Outage.Is(outage))
            {
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>A read that begins after this call, shared by all who ask before it has begun.</summary>
    private Task<Dictionary<string, long>> NextAsync()
    {
        lock (gate)
        {
            return next ??= RepeatedAsync(ReadAsync);
        }
    }

    private async Task<Dictionary<string, long>> ReadAsync()
    {
        await Task.Yield();
        lock (gate)
        {
            next = null;
        }

        var positions = await dataSource.QueryAsync(
            """
            select split_part(name, ':', 1), coalesce(last_seq_id, 0) from ledger.mt_event_progression where name <> $1
            union all
            select known.name, coalesce(apart.position, kept.position, 0) from ledger.read_models_known known
            join ledger.read_models kept using (shard)
            left join ledger.read_models_apart apart using (shard, name)
            where known.shard = $1
            """,
            [ReadModelShard.Shard],
            row => KeyValuePair.Create(row.GetString(0), row.GetInt64(1)),
            CancellationToken.None);
        return positions.ToDictionary(StringComparer.Ordinal);
    }
}
