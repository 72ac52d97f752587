using Npgsql;

namespace Ledger.Bench.Live;

/// <summary>The outside reference: PostgreSQL's own way to tell someone of a commit. One insert and NOTIFY a transaction, one listener.</summary>
internal static class ListenNotify
{
    public static async Task<string> RunAsync(string connectionString, int count)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var create = source.CreateCommand("create table if not exists notified (position bigserial primary key, data jsonb not null)"))
        {
            await create.ExecuteNonQueryAsync();
        }

        var deliveries = new Deliveries($"PostgreSQL: insert and NOTIFY to one listener, {count} times", count);
        await using var listener = await source.OpenConnectionAsync();
        var received = 0;
        listener.Notification += (_, _) => deliveries.Arrived(received++);
        await using (var listen = new NpgsqlCommand("listen bench", listener))
        {
            await listen.ExecuteNonQueryAsync();
        }

        using var over = new CancellationTokenSource();
        var listening = ListenAsync(listener, over.Token);
        await using var write = source.CreateCommand(
            "with written as (insert into notified (data) values ('{\"at\":\"2026-08-18T10:53:07.123456Z\"}') returning position) select pg_notify('bench', '') from written");
        var measured = await deliveries.PacedAsync(async _ => await write.ExecuteNonQueryAsync());
        await over.CancelAsync();
        await listening;
        return measured;
    }

    private static async Task ListenAsync(NpgsqlConnection listener, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await listener.WaitAsync(over);
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
    }
}
