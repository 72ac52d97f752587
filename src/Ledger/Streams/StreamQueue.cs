namespace Ledger.Streams;

/// <summary>
/// The commands of this host that wait for one stream. Whoever comes first works for everyone who comes meanwhile: hundreds of requests
/// on one session are decided one after another on the same state and written with one append, instead of conflicting with each other.
/// </summary>
internal sealed class StreamQueue
{
    private readonly Lock gate = new();
    private List<PendingCommand> waiting = [];
    private bool working;
    private bool retired;

    /// <summary>Adds a command. False when the queue was retired meanwhile: take a new one.</summary>
    /// <param name="command">The command.</param>
    /// <param name="mustWork">Whether the caller has to do the work from now on, until <see cref="Take"/> gives nothing more.</param>
    public bool TryAdd(PendingCommand command, out bool mustWork)
    {
        lock (gate)
        {
            mustWork = !retired && !working;
            if (retired)
            {
                return false;
            }

            waiting.Add(command);
            working = true;
            return true;
        }
    }

    /// <summary>Takes everything that waits. Empty: the queue is retired and the work is done.</summary>
    public IReadOnlyList<PendingCommand> Take()
    {
        lock (gate)
        {
            var taken = waiting;
            waiting = [];
            retired = taken.Count == 0;
            return taken;
        }
    }
}
