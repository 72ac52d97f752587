using System.Threading.Channels;
using Ledger.Sessions.Events;
using Ledger.Streams;
using Ledger.Web.Connection;

namespace Ledger.Web.Sessions;

/// <summary>
/// Hands a page the sessions of its account that have changed, at most a few times a second however many there are: the newest state of each.
/// </summary>
internal sealed class SessionLive : IDisposable
{
    private const int MostSessions = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock gate = new();
    private readonly Channel<bool> calls = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly IDisposable following;
    private Dictionary<Guid, SessionSnapshot> changed = [];
    private long newest;
    private bool isMissing;

    /// <summary>Begins.</summary>
    /// <param name="changes">Where changes are heard of.</param>
    /// <param name="accountId">The account.</param>
    /// <param name="sees">Whether whoever looks may know of a session.</param>
    /// <param name="take">Takes what has changed; on any thread, one call at a time.</param>
    public SessionLive(PageChanges changes, Guid accountId, Func<SessionSnapshot, bool> sees, Func<SessionBurst, Task> take)
    {
        following = changes.Follow(accountId, change => Hear(change, sees));

        // Something may have changed between what was read before and now.
        LookAgain();
        _ = HandOverAsync(take);
    }

    /// <summary>Has the list read again, a moment later.</summary>
    public void LookAgain() => Hear(null, _ => true);

    public void Dispose()
    {
        following.Dispose();
        calls.Writer.TryComplete();
    }

    private void Hear(SessionChange? change, Func<SessionSnapshot, bool> sees)
    {
        lock (gate)
        {
            if (change is null)
            {
                isMissing = true;
            }
            else if (!sees(change.Session))
            {
                return;
            }
            else
            {
                if (changed.Count >= MostSessions && !changed.ContainsKey(change.Stream.SessionId))
                {
                    isMissing = true;
                }
                else if (!changed.TryGetValue(change.Stream.SessionId, out var known) || known.Version < change.Session.Version)
                {
                    changed[change.Stream.SessionId] = change.Session;
                }

                // Only the first event and the last ones change which sessions a list shows.
                if (change.Events.Any(recorded => recorded.Data is SessionTriggered or ISettlesRun { Outcome: not null } or CancelRequested))
                {
                    newest = Math.Max(newest, change.Session.LastPosition);
                }
            }
        }

        calls.Writer.TryWrite(true);
    }

    private async Task HandOverAsync(Func<SessionBurst, Task> take)
    {
        await foreach (var _ in calls.Reader.ReadAllAsync())
        {
            SessionBurst burst;
            lock (gate)
            {
                burst = new SessionBurst(changed, newest, isMissing);
                (changed, newest, isMissing) = ([], 0, false);
            }

            await take(burst);
            await Task.Delay(Pause);
        }
    }
}

/// <summary>What has changed since the last time.</summary>
/// <param name="Sessions">The sessions as they are now.</param>
/// <param name="ListPosition">Up to here the list must have come to show which there are; 0 when it shows the same ones.</param>
/// <param name="IsMissing">Whether there may be others: read again.</param>
internal sealed record SessionBurst(IReadOnlyDictionary<Guid, SessionSnapshot> Sessions, long ListPosition, bool IsMissing);
