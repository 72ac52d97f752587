using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Ledger.Bench.Writes;

namespace Ledger.Bench.Hosts;

/// <summary>
/// Two hosts on one database under a load of cancels. One is killed, its clients go to the other with what was not answered; then it is started
/// again and the other one is killed. In the end every answered cancel is in the ledger once, and so it is in the read model.
/// </summary>
internal static class FailOver
{
    private const int Clients = 16;

    public static async Task RunAsync(Setup setup)
    {
        HostProcess[] hosts = [await setup.StartHostAsync(), null!];
        hosts[1] = await HostProcess.StartAsync(setup.Postgres.ConnectionString, setup.Folder, hosts[0]);
        try
        {
            await MeasureAsync(setup, hosts);
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    private static async Task MeasureAsync(Setup setup, HostProcess[] hosts)
    {
        var requests = new HttpRequests(hosts[0], Clients);
        ConcurrentDictionary<Guid, bool> answered = [];
        List<double> back = [];
        for (var round = 0; round < setup.Scale.Windows; round++)
        {
            await requests.TriggerAsync(setup.Scale.Window);
            var (dying, next) = (hosts[round % 2], hosts[(round + 1) % 2]);
            var load = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => CancelAsync(requests.Queued, answered, dying, next)));
            await Task.Delay(setup.Scale.Window / 2);
            dying.Process.Kill();
            var clock = Stopwatch.StartNew();
            await next.Client.GetAsync("/health/ready");
            await load;
            await next.CatchUpAsync();
            back.Add(clock.Elapsed.TotalSeconds);
            await dying.DisposeAsync();
            hosts[round % 2] = await HostProcess.StartAsync(setup.Postgres.ConnectionString, setup.Folder, next);
            requests = new HttpRequests(hosts[(round + 1) % 2], Clients);
        }

        Console.WriteLine($"{answered.Count} cancels were answered, over {back.Count} kills");
        await AddAsync(setup, "answered cancels that the ledger does not have exactly once", answered.Keys,
            "select stream_id from ledger.mt_events where type = 'cancel_requested' group by stream_id having count(*) = 1");
        await AddAsync(setup, "answered cancels that the read model does not have exactly once", answered.Keys,
            "select session_id from ledger.cancels group by session_id having count(*) = 1");
        setup.Report.Add("a host is killed: all cancels answered and all read models at the head", "", "", back, Target.AtMost(15, "s"));
    }

    /// <summary>Cancels until there is nothing left, on the first host as long as it answers; then on the other one, what was not answered too.</summary>
    private static async Task CancelAsync(
        ConcurrentQueue<Guid> sessions, ConcurrentDictionary<Guid, bool> answered, HostProcess first, HostProcess second)
    {
        var host = first;
        var connection = await HttpConnection.OpenAsync(host.Client.BaseAddress!);
        while (sessions.TryDequeue(out var session))
        {
            while (!answered.ContainsKey(session))
            {
                try
                {
                    await connection.SendAsync(HttpConnection.Post($"/v1/check-sessions/{session}/cancel", host.Key));
                    answered[session] = true;
                }
                catch (Exception gone) when (gone is SocketException or InvalidOperationException && host == first)
                {
                    connection.Dispose();
                    host = second;
                    connection = await HttpConnection.OpenAsync(host.Client.BaseAddress!);
                }
            }
        }

        connection.Dispose();
    }

    private static async Task AddAsync(Setup setup, string row, IEnumerable<Guid> answered, string sql)
    {
        await using var command = setup.Database.Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var missing = answered.ToHashSet();
        while (await reader.ReadAsync())
        {
            missing.Remove(reader.GetGuid(0));
        }

        setup.Report.Add(row, "", "", [missing.Count], Target.AtMost(0, "cancels"));
    }
}
