using System.Diagnostics;

namespace Ledger.Http.Hosting;

/// <summary>
/// What hosts that share a database do about one that stands still, with all its connections (SIGSTOP, a frozen virtual machine): Wolverine's
/// leader is who holds an advisory lock, and a host that stands still would hold it for ever (docs/projections.md#frozen).
/// </summary>
public sealed partial class FrozenHosts(NpgsqlDataSource database, ILogger<FrozenHosts> logger)
{
    /// <summary>What operators know it by.</summary>
    public const string Part = "frozen-hosts";

    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A leader that lives uses its connection each second.
    private const string EndSql = """
        select a.application_name, pg_terminate_backend(a.pid)
        from pg_stat_activity a
        where a.datname = current_database() and a.application_name like 'wolverine-advisory-lock:%'
          and a.state = 'idle' and a.state_change < now() - interval '6 seconds'
          and a.pid in (select l.pid from pg_locks l where l.locktype = 'advisory' and l.granted)
        """;

    /// <summary>
    /// What connections ask of the server: a transaction that waits for a host that stands still is taken back, and a connection whose host is
    /// out of reach is ended, so that neither holds rows that the next owner needs.
    /// </summary>
    /// <param name="connection">The host's connection string.</param>
    public static void Configure(NpgsqlConnectionStringBuilder connection) => connection.Options = string.Join(
        ' ',
        "-c idle_in_transaction_session_timeout=6000 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
        connection.Options).TrimEnd(); // What the connection string itself says comes last, and holds.

    /// <summary>Looks once, and ends what holds the lock.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await using var command = database.CreateCommand(EndSql);
        await using var reader = await command.ExecuteReaderAsync(stopping);
        while (await reader.ReadAsync(stopping))
        {
            LogEnded();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The host that leads the others has not been heard of for 6 s: its connection was ended, and another host leads.")]
    private partial void LogEnded();
}

/// <summary>
/// Ends this process when it has stood still for so long that other hosts may have taken its work: it would go on with that work, and the two would
/// keep each other from it. Its supervisor starts it anew (docs/operations.md#several-hosts).
/// </summary>
public static class Standstill
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <summary>Watches for as long as the process lives.</summary>
    public static void Watch() => new Thread(Run) { Name = nameof(Standstill), IsBackground = true, Priority = ThreadPriority.Highest }.Start();

    private static void Run()
    {
        for (var before = Environment.TickCount64; ;)
        {
            Thread.Sleep(Look);
            var now = Environment.TickCount64;
            var stood = TimeSpan.FromMilliseconds(now - before) - Look;
            if (stood > Longest && !Debugger.IsAttached)
            {
                Leave(stood);
            }

            before = now;
        }
    }

    private static void Leave(TimeSpan stood)
    {
        // Whoever reads the output may stand still as well, and nothing may come between: every other thread has woken too.
        var telling = new Thread(() => Tell(stood)) { IsBackground = true };
        telling.Start();
        telling.Join(TimeSpan.FromMilliseconds(100));
        Process.GetCurrentProcess().Kill();
    }

    private static void Tell(TimeSpan stood)
    {
        var (at, seconds) = (DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), stood.TotalSeconds);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{at} crit {typeof(Standstill).FullName}: This host stood still for {seconds:0.0} s, and others may have taken its work: it ends at once, to be started anew."));
        Console.Out.Flush();
    }
}
