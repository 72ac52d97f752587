namespace Ledger.Http.Access;

/// <summary>
/// Ends what is under way with a key when the key ends: streams, long polls, connections, on every host and however busy they are. One query
/// for all keys that are in use on this host, several times a second; none while nothing is under way. In an outage of the database nobody can
/// have revoked a key, and nothing ends.
/// </summary>
public sealed class KeyWatch(IDocumentStore store, TimeProvider clock)
{
    /// <summary>The part of the host that looks.</summary>
    public const string Part = "keys";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, KeyInUse> inUse = [];

    /// <summary>Notes that something is under way with a key, until the result is disposed of.</summary>
    public KeyUse Enter(ApiKey key)
    {
        lock (gate)
        {
            if (!inUse.TryGetValue(key.Id, out var used))
            {
                inUse.Add(key.Id, used = new KeyInUse(key));
            }

            used.Count++;
            return new KeyUse(used.Ending.Token, () => Leave(used));
        }
    }

    /// <summary>Looks for keys that have ended; ends with the host.</summary>
    public async Task RunAsync(Action isWell, CancellationToken stopping)
    {
        while (true)
        {
            // The real clock, even where a test moves the ledger's: who has lost a key does not wait for it.
            await Task.Delay(Pause, stopping);
            if (Used() is { Count: > 0 } used)
            {
                await EndAsync(used, stopping);
            }

            isWell();
        }
    }

    private async Task EndAsync(List<KeyInUse> used, CancellationToken stopping)
    {
        var now = clock.GetUtcNow();
        var over = used.Where(each => !each.Key.IsValid(now)).ToList();
        try
        {
            await using var documents = store.QuerySession();
            var ids = used.Select(each => each.Key.Id).ToArray();
            var revoked = await documents.Query<ApiKey>().Where(key => key.Id.IsOneOf(ids) && key.RevokedAt != null)
                .Select(key => key.Id).ToListAsync(stopping);
            over.AddRange(used.Where(each => revoked.Contains(each.Key.Id)));
        }
        catch (Exception outage) when (Database.Explain(outage) is StoreUnavailableException)
        {
            // It is looked again.
        }

        foreach (var each in over)
        {
            await each.Ending.CancelAsync();
        }
    }

    private List<KeyInUse> Used()
    {
        lock (gate)
        {
            return [.. inUse.Values.Where(used => !used.Ending.IsCancellationRequested)];
        }
    }

    private void Leave(KeyInUse used)
    {
        lock (gate)
        {
            if (--used.Count == 0)
            {
                inUse.Remove(used.Key.Id);
            }
        }
    }

    private sealed class KeyInUse(ApiKey key)
    {
        public ApiKey Key => key;

        public CancellationTokenSource Ending { get; } = new();

        public int Count { get; set; }
    }
}

/// <summary>Something that is under way with a key.</summary>
/// <param name="ended">Cancelled when the key ends.</param>
/// <param name="leave">Called when it is over.</param>
public sealed class KeyUse(CancellationToken ended, Action leave) : IDisposable
{
    private Action? leave = leave;

    /// <summary>Cancelled when the key is revoked, or expires.</summary>
    public CancellationToken Ended => ended;

    public void Dispose() => Interlocked.Exchange(ref leave, null)?.Invoke();
}

/// <summary>Ends a request when its key ends, as if its caller had gone; one that has not been answered yet is answered 401.</summary>
public sealed class KeyWatchMiddleware(RequestDelegate next, KeyWatch watch)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.User.Identity is not ApiKeyIdentity { Key: var key })
        {
            await next(context);
            return;
        }

        using var use = watch.Enter(key);
        var aborted = context.RequestAborted;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(aborted, use.Ended);
        context.RequestAborted = ending.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (use.Ended.IsCancellationRequested && !context.Response.HasStarted)
        {
            // What was answered just then, and only was not sent, is sent.
            if (context.Response.BodyWriter is not { CanGetUnflushedBytes: true, UnflushedBytes: > 0 })
            {
                throw RequestRejected.Unauthorized();
            }
        }
        finally
        {
            context.RequestAborted = aborted;
        }
    }
}
