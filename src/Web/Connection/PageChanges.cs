using System.Collections.Concurrent;
using Ledger.Streams;

namespace Ledger.Web.Connection;

/// <summary>Tells open pages which sessions of their account have changed, on whichever host.</summary>
public sealed class PageChanges
{
    // One name for each account.
    private static readonly int Hash = ChangeTopic.Of(Guid.Empty, "pages", "sessions").Hash;

    private readonly ConcurrentDictionary<Following, bool> following = new();
    private readonly SessionChanges changes;

    public PageChanges(SessionChanges changes)
    {
        this.changes = changes;
        changes.WhenMissed(() =>
        {
            foreach (var page in following.Keys)
            {
                page.Miss();
            }
        });
    }

    /// <summary>Every change concerns the pages of its account.</summary>
    public static IEnumerable<ChangeTopic> TopicsOf(SessionChange change) => [TopicOf(change.Stream.AccountId)];

    /// <summary>Follows the sessions of an account.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="take">Takes changes; null for: some may have been missed. Must be quick.</param>
    /// <returns>Ends it when it is disposed.</returns>
    public IDisposable Follow(Guid accountId, Action<SessionChange?> take) => new Following(this, accountId, take);

    private static ChangeTopic TopicOf(Guid accountId) => new(accountId, Hash);

    private sealed class Following : IDisposable
    {
        private readonly PageChanges pages;
        private readonly Action<SessionChange?> take;
        private readonly IDisposable topic;

        public Following(PageChanges pages, Guid accountId, Action<SessionChange?> take)
        {
            (this.pages, this.take) = (pages, take);
            pages.following[this] = true;
            topic = pages.changes.Follow(TopicOf(accountId), take);
        }

        public void Dispose()
        {
            pages.following.TryRemove(this, out _);
            topic.Dispose();
        }

        public void Miss() => take(null);
    }
}
