namespace Ledger.Streams;

/// <summary>
/// The commands of this host that wait for one stream. Whoever comes first works for everyone who comes meanwhile: hundreds of requests
/// on one session are decided one after another on the same state and written with one append, instead of conflicting with each other.
/// </summary>
internal sealed class StreamQueue
{
    // As many as one append may reasonably carry; the rest is the next one's.
    private const int MaximumTaken = 256;

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

    /// <summary>Takes what waits, in the order of arrival. Empty: the queue is retired and the work is done.</summary>
    public IReadOnlyList<PendingCommand> Take()
    {
        lock (gate)
        {
            var taken = waiting;
            waiting = taken.Count > MaximumTaken ? taken[MaximumTaken..] : [];
            retired = taken.Count == 0;
            return waiting.Count == 0 ? taken : taken[..MaximumTaken];
        }
    }
}
