using System.Threading.Channels;
using NpgsqlTypes;

namespace Ledger.Streams;

/// <summary>
/// Carries notes of changes from host to host by <c>LISTEN</c> and <c>NOTIFY</c>, on a connection for each of the two. What is committed while
/// a note is under way goes together with the next one; it is never part of the commit itself. Notes that may have been lost are made good: when a connection has
/// been made anew everything that is waited for is looked at, and sessions that are followed are read now and then in any case.
/// </summary>
public sealed class ChangeNotes
{
    /// <summary>The channel of PostgreSQL.</summary>
    public const string Channel = "ledger_session_changes";

    /// <summary>The part of the host that sends.</summary>
    public const string Sending = "session-changes-send";

    /// <summary>The part of the host that listens.</summary>
    public const string Listening = "session-changes-listen";

    /// <summary>The part of the host that reads what others have written.</summary>
    public const string Reading = "session-changes-read";

    private const string ListenSql = $"listen {Channel}";
    private const string NotifySql = $"select pg_notify('{Channel}', payload) from unnest($1) payload";

    // There is nothing to lose in a crash but a note, so that nobody waits for the disk.
    private const string HasteSql = "set synchronous_commit = off";

    private const int PatienceSeconds = 5;

    // Some 10,000 sessions.
    private const int MostBytesPending = 512 * 1024;

    // Under load so many notes go together that they cost commits little.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);

    // Covers what a host could not send before it was killed, and shows a connection that is dead without a word.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly Guid host = Guid.NewGuid();
    private readonly TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();

    // Holds one wake-up at most: it is not a count, only a reason to look.
    private readonly Channel<bool> wakeUps = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly NpgsqlDataSource database;
    private readonly SessionChanges changes;
    private readonly BackgroundLoops loops;
    private List<ChangeNote> pending = [];
    private int pendingBytes;
    private bool isEverythingPending;

    /// <summary>Not started yet.</summary>
    /// <param name="database">The database that the hosts share.</param>
    /// <param name="changes">Where notes come from and go to.</param>
    /// <param name="loops">What it runs in.</param>
    public ChangeNotes(NpgsqlDataSource database, SessionChanges changes, BackgroundLoops loops)
    {
        this.database = database;
        this.changes = changes;
        this.loops = loops;
    }

    /// <summary>Starts, once; from the end of the task on no change of another host is missed.</summary>
    public Task StartAsync(CancellationToken cancellation)
    {
        changes.Tell = Send;
        loops.Run(Reading, changes.ReadAsync);
        loops.Run(Listening, ListenAsync);
        loops.Run(Sending, SendAsync);
        return listening.Task.WaitAsync(cancellation);
    }

    private void Send(IReadOnlyList<ChangeNote> notes)
    {
        lock (gate)
        {
            if (isEverythingPending)
            {
                return;
            }

            pending.AddRange(notes);
            pendingBytes += notes.Sum(note => note.Bytes);
            if (pendingBytes > MostBytesPending)
            {
                AskForEverything();
            }
        }

        wakeUps.Writer.TryWrite(true);
    }

    private async Task SendAsync(Action isWell, CancellationToken stopping)
    {
        await using var connection = await database.OpenConnectionAsync(stopping);
        await using var haste = new NpgsqlCommand(HasteSql, connection);
        await haste.ExecuteNonQueryAsync(stopping);
        await using var command = new NpgsqlCommand(NotifySql, connection) { CommandTimeout = PatienceSeconds };
        var payloads = new NpgsqlParameter<string[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
        command.Parameters.Add(payloads);
        do
        {
            wakeUps.Reader.TryRead(out _);
            if (TakePending() is { Length: > 0 } taken)
            {
                try
                {
                    payloads.TypedValue = taken;
                    await command.ExecuteNonQueryAsync(stopping);
                }
                catch
                {
                    lock (gate)
                    {
                        AskForEverything();
                    }

                    throw;
                }

                await Task.Delay(Pace, stopping);
            }

            isWell();
        }
        while (await wakeUps.Reader.WaitToReadAsync(stopping));
    }

    private async Task ListenAsync(Action isWell, CancellationToken stopping)
    {
        await using var connection = await database.OpenConnectionAsync(stopping);
        connection.Notification += (_, note) => Hear(note.Payload);
        await using var listen = new NpgsqlCommand(ListenSql, connection) { CommandTimeout = PatienceSeconds };
        await listen.ExecuteNonQueryAsync(stopping);
        if (!listening.TrySetResult())
        {
            changes.LookAtEverything();
        }

        isWell();
        var looked = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var left = LookEvery - TimeProvider.System.GetElapsedTime(looked);
            if (left > TimeSpan.Zero)
            {
                await connection.WaitAsync(left, stopping);
                continue;
            }

            // Changes nothing where it listens already, and fails where it does not any more.
            await listen.ExecuteNonQueryAsync(stopping);
            changes.LookAtFollowed();
            looked = TimeProvider.System.GetTimestamp();
        }
    }

    private void Hear(string payload)
    {
        switch (ChangePayload.Read(payload, host))
        {
            case null:
                break;
            case []:
                changes.LookAtEverything();
                break;
            case var notes:
                changes.Heard(notes);
                break;
        }
    }

    private string[] TakePending()
    {
        List<ChangeNote> taken;
        lock (gate)
        {
            if (pending.Count == 0 && !isEverythingPending)
            {
                return [];
            }

            (taken, pending, pendingBytes, isEverythingPending) = (pending, [], 0, false);
        }

        return [.. ChangePayload.Of(host, taken)];
    }

    private void AskForEverything()
    {
        (pending, pendingBytes, isEverythingPending) = ([], 0, true);
    }
}
