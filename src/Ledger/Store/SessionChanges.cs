using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Store;

/// <summary>
/// Wakes whoever waits for a change of a session: runner signals, claims, long polls, live streams. This host's own commits are published at
/// once, those of others as the log brings them. Hosts commit side by side, so a later event of a session may come before an earlier one. It
/// is a hint: who takes part goes by the version of the stream, and reads the stream where one is missing.
/// </summary>
/// <param name="logger">Where a subscriber that throws is told; null for nowhere.</param>
public sealed partial class SessionChanges(ILogger<SessionChanges>? logger = null)
{
    // More than that stand only when the log is not followed; what is forgotten comes a second time.
    private const int MostOwn = 100_000;

    private readonly ILogger logger = logger ?? NullLogger<SessionChanges>.Instance;
    private readonly Subscribers<IReadOnlyList<RecordedEvent>> inOrder = new();
    private readonly Subscribers<IReadOnlyList<RecordedEvent>> once = new();
    private readonly Lock gate = new();
    private readonly HashSet<long> own = [];
    private long logged;

    /// <summary>
    /// Calls a handler with events as they become known. What this host has committed comes a second time with the log, so that whoever had
    /// to leave an event out, because an earlier one of another host was missing, gets both in order. It must be quick.
    /// </summary>
    /// <returns>Ends the calls when it is disposed.</returns>
    public IDisposable Subscribe(Action<IReadOnlyList<RecordedEvent>> handler) => inOrder.Add(handler);

    /// <summary>Calls a handler with each event once, for whom the order does not matter. It must be quick.</summary>
    /// <returns>Ends the calls when it is disposed.</returns>
    public IDisposable SubscribeOnce(Action<IReadOnlyList<RecordedEvent>> handler) => once.Add(handler);

    /// <summary>This host has committed something.</summary>
    public void Committed(IReadOnlyList<RecordedEvent> events)
    {
        List<RecordedEvent> unseen;
        lock (gate)
        {
            // The log may be faster than the writer.
            unseen = [.. events.Where(recorded => recorded.Position > logged)];
            if (own.Count + unseen.Count > MostOwn)
            {
                own.Clear();
            }

            own.UnionWith(unseen.Select(recorded => recorded.Position));
        }

        Publish(inOrder, events);
        Publish(once, unseen);
    }

    /// <summary>The log has come further.</summary>
    public void Logged(EventPage page)
    {
        List<RecordedEvent> unseen;
        lock (gate)
        {
            unseen = [.. page.Events.Where(recorded => !own.Remove(recorded.Position))];
            logged = page.Through;
        }

        Publish(inOrder, page.Events);
        Publish(once, unseen);
    }

    private void Publish(Subscribers<IReadOnlyList<RecordedEvent>> subscribers, IReadOnlyList<RecordedEvent> events)
    {
        if (events.Count > 0)
        {
            subscribers.Publish(events, LogFailed);
        }
    }

    [LoggerMessage(LogLevel.Error, "A subscriber to the changes of sessions failed.")]
    private partial void LogFailed(Exception error);
}
