using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Ledger.Streams;

/// <summary>Who follows what on this host. Looking up is free of locks, for it is done with every change.</summary>
public sealed class Followers<TKey, T>
    where TKey : notnull
    where T : class
{
    private readonly ConcurrentDictionary<TKey, ImmutableArray<T>> followers = new();

    /// <summary>How many follow something.</summary>
    public int Count => followers.Sum(each => each.Value.Length);

    /// <summary>Everything that is followed now.</summary>
    public IEnumerable<TKey> Keys => followers.Select(each => each.Key);

    /// <summary>Everybody who follows something now.</summary>
    public IEnumerable<T> All => followers.SelectMany(each => each.Value);

    /// <summary>Who follows this now.</summary>
    public ImmutableArray<T> Of(TKey key) => followers.TryGetValue(key, out var all) ? all : [];

    /// <summary>Begins to follow.</summary>
    public void Add(TKey key, T follower) =>
        followers.AddOrUpdate(key, static (_, added) => [added], static (_, others, added) => others.Add(added), follower);

    /// <summary>Ends it; of one that was added twice, one time.</summary>
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
