using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Store;

/// <summary>
/// Wakes whoever waits for a change of a session: runner signals, claims, long polls, live streams. This host's own commits are published at
/// once, those of others as the log brings them; an event may come twice, and a later one before an earlier one, since hosts commit side by
/// side. It is a hint: who takes part goes by the version of the stream, and reads the stream where one is missing.
/// </summary>
/// <param name="log">Where a subscriber that throws is told; null for nowhere.</param>
public sealed partial class SessionChanges(ILogger<SessionChanges>? log = null)
{
    private readonly ILogger log = log ?? NullLogger<SessionChanges>.Instance;
    private readonly Subscribers<IReadOnlyList<RecordedEvent>> subscribers = new();

    /// <summary>Calls a handler with events as they become known, those of one stream in order. It must be quick.</summary>
    /// <returns>Ends the calls when it is disposed.</returns>
    public IDisposable Subscribe(Action<IReadOnlyList<RecordedEvent>> handler) => subscribers.Add(handler);

    /// <summary>Tells everybody.</summary>
    public void Publish(IReadOnlyList<RecordedEvent> events) => subscribers.Publish(events, LogFailed);

    [LoggerMessage(LogLevel.Error, "A subscriber to the changes of sessions failed.")]
    private partial void LogFailed(Exception error);
}
