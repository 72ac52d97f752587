namespace Ledger.Store;

/// <summary>Handlers that come and go while something is being published to them.</summary>
internal sealed class Subscribers<T>
{
    private readonly Lock changing = new();
    private volatile Action<T>[] handlers = [];

    /// <summary>Adds a handler; disposing the result takes it away again.</summary>
    public IDisposable Add(Action<T> handler)
    {
        // A handler of its own, so that the same one added twice is taken away once.
        Action<T> own = value => handler(value);
        lock (changing)
        {
            handlers = [.. handlers, own];
        }

        return new Subscription(this, own);
    }

    /// <summary>Calls each handler; one that throws is reported and keeps nothing from the others.</summary>
    public void Publish(T value, Action<Exception> failed)
    {
        foreach (var handler in handlers)
        {
            try
            {
                handler(value);
            }
            catch (Exception error)
            {
                failed(error);
            }
        }
    }

    private void Remove(Action<T> handler)
    {
        lock (changing)
        {
            handlers = [.. handlers.Where(other => !ReferenceEquals(other, handler))];
        }
    }

    private sealed class Subscription(Subscribers<T> subscribers, Action<T> handler) : IDisposable
    {
        public void Dispose() => subscribers.Remove(handler);
    }
}
