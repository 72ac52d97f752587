using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Ledger.Http.Live;

/// <summary>Who follows what on this host. Looking up is free of locks, for the feed does it with every event.</summary>
public sealed class Followers<TKey, T>
    where TKey : notnull
    where T : class
{
    private readonly ConcurrentDictionary<TKey, ImmutableArray<T>> followers = new();

    /// <summary>Whether nobody follows anything.</summary>
    public bool IsEmpty => followers.IsEmpty;

    /// <summary>How many follow something.</summary>
    public int Count => followers.Sum(each => each.Value.Length);

    /// <summary>Who follows this now.</summary>
    public ImmutableArray<T> Of(TKey key) => followers.TryGetValue(key, out var all) ? all : [];

    public void Add(TKey key, T follower) =>
        followers.AddOrUpdate(key, static (_, added) => [added], static (_, others, added) => others.Add(added), follower);

    public void Remove(TKey key, T follower)
    {
        while (followers.TryGetValue(key, out var others))
        {
            var rest = others.Remove(follower);
            var done = rest.IsEmpty
                ? followers.TryRemove(KeyValuePair.Create(key, others))
                : followers.TryUpdate(key, rest, others);
            if (done)
            {
                return;
            }
        }
    }
}
