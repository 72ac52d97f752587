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

    private readonly Channel<long> _heads = System.Threading.Channels.Channel.CreateBounded<long>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly CancellationTokenSource _stopping = new();
    private readonly NpgsqlDataSource _dataSource;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Task _running;

    public Notifier(NpgsqlDataSource dataSource, TimeProvider clock, ILogger log)
    {
        _dataSource = dataSource;
        _clock = clock;
        _log = log;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Has a head announced soon; a later one takes its place if it was not announced yet.</summary>
    public void Announce(long head) => _heads.Writer.TryWrite(head);

    /// <summary>Ends; a head that was not announced yet is found by those who poll.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_heads.Writer.TryComplete())
        {
            await _stopping.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stopping.Dispose();
        }
    }

    private async Task RunAsync()
    {
        while (await _heads.Reader.WaitToReadAsync(_stopping.Token))
        {
            try
            {
                await AnnounceAsync();
            }
            catch (Exception outage) when (!_stopping.IsCancellationRequested && (outage is PostgresException || Failure.IsOutage(outage)))
            {
                LogNotAnnounced(outage);
                await Task.Delay(PauseAfterFailure, _clock, _stopping.Token);
            }
        }
    }

    private async Task AnnounceAsync()
    {
        await using var connection = await _dataSource.OpenConnectionAsync(_stopping.Token);
        await using (var hasty = new NpgsqlCommand("set synchronous_commit = off", connection))
        {
            await hasty.ExecuteNonQueryAsync(_stopping.Token);
        }

        await using var notify = new NpgsqlCommand("select pg_notify($1, $2)", connection);
        var payload = new NpgsqlParameter<string>();
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        notify.Parameters.Add(payload);
        await foreach (var head in _heads.Reader.ReadAllAsync(_stopping.Token))
        {
            payload.TypedValue = head.ToString(CultureInfo.InvariantCulture);
            await notify.ExecuteNonQueryAsync(_stopping.Token);
            await Task.Delay(Pause, _clock, _stopping.Token);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Other hosts are not told of commits for a moment; they find out by asking.")]
    private partial void LogNotAnnounced(Exception outage);
}
