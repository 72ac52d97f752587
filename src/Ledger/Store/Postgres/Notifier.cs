using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>
/// Tells other hosts how far the events go, on a connection of its own: a <c>NOTIFY</c> inside the append would cost the append more
/// than half of its speed (storage.md). It is a hint and may be lost; whoever listens polls as well.
/// </summary>
internal sealed partial class Notifier : IAsyncDisposable
{
    /// <summary>The channel; the payload is the position of the last event.</summary>
    public const string Channel = "ledger_events";

    // The first commit after a quiet time is told at once; under load this many milliseconds of commits are told together.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Channel<long> heads = System.Threading.Channels.Channel.CreateBounded<long>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly CancellationTokenSource stopping = new();
    private readonly NpgsqlDataSource dataSource;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Task running;

    public Notifier(NpgsqlDataSource dataSource, TimeProvider clock, ILogger log)
    {
        this.dataSource = dataSource;
        this.clock = clock;
        this.log = log;
        running = Task.Run(RunAsync);
    }

    /// <summary>Has a head announced soon; a later one takes its place if it was not announced yet.</summary>
    public void Announce(long head) => heads.Writer.TryWrite(head);

    /// <summary>Ends; a head that was not announced yet is found by those who poll.</summary>
    public async ValueTask DisposeAsync()
    {
        if (heads.Writer.TryComplete())
        {
            await stopping.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stopping.Dispose();
        }
    }

    private async Task RunAsync()
    {
        while (await heads.Reader.WaitToReadAsync(stopping.Token))
        {
            try
            {
                await AnnounceAsync();
            }
            catch (Exception outage) when (!stopping.IsCancellationRequested && (outage is PostgresException || Failure.IsOutage(outage)))
            {
                LogNotAnnounced(outage);
                await Task.Delay(PauseAfterFailure, clock, stopping.Token);
            }
        }
    }

    private async Task AnnounceAsync()
    {
        await using var connection = await dataSource.OpenConnectionAsync(stopping.Token);
        await using (var hasty = new NpgsqlCommand("set synchronous_commit = off", connection))
        {
            await hasty.ExecuteNonQueryAsync(stopping.Token);
        }

        await using var notify = new NpgsqlCommand("select pg_notify($1, $2)", connection);
        var payload = new NpgsqlParameter<string>();
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        notify.Parameters.Add(payload);
        await foreach (var head in heads.Reader.ReadAllAsync(stopping.Token))
        {
            payload.TypedValue = head.ToString(CultureInfo.InvariantCulture);
            await notify.ExecuteNonQueryAsync(stopping.Token);
            await Task.Delay(Pause, clock, stopping.Token);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Other hosts are not told of commits for a moment; they find out by asking.")]
    private partial void LogNotAnnounced(Exception outage);
}
