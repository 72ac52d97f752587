namespace Ledger.Http.Requests;

/// <summary>
/// The bytes of request bodies that this host holds at one time, decompressed: of a small body the decoded JSON, the command that waits to be
/// written, and the answer are small too, and of a large one they are not. Small ones always have room, so that no upload keeps a cancel out.
/// </summary>
/// <param name="mostBytes">All large ones together, beside the first of them: that one always has room, so that of many which come at once one gets through.</param>
public sealed class BodyBudget(long mostBytes)
{
    private const long Small = 16 * 1024;
    private const long Large = 1024 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private long held;
    private Lease? first;
    private int returning;

    /// <summary>Takes room for a body that has grown; it is given back when the request is over.</summary>
    /// <exception cref="RequestRejected">503 when there is none, with when to come again.</exception>
    public void Take(HttpContext context, long bytes)
    {
        if (bytes <= Small)
        {
            return;
        }

        var lease = context.Features.Get<Lease>();
        if (lease is null)
        {
            context.Features.Set(lease = new Lease(this));
            context.Response.RegisterForDispose(lease);
        }

        lock (gate)
        {
            first ??= lease;
            if (held + bytes - lease.Bytes > mostBytes && lease != first)
            {
                throw RequestRejected.Unavailable("busy", "The ledger is reading too many large requests at this moment; please retry.");
            }

            held += bytes - lease.Bytes;
            lease.Bytes = bytes;
        }
    }

    private void GiveBack(Lease lease)
    {
        lock (gate)
        {
            held -= lease.Bytes;
            first = first == lease ? null : first;
        }

        if (lease.Bytes > Large && Interlocked.Exchange(ref returning, 1) == 0)
        {
            _ = ReturnAsync();
        }
    }

    /// <summary>
    /// What large bodies took is given back to the system a few seconds later. By itself the runtime would keep it until the next collection of
    /// its oldest generation, which on a quiet host may never come.
    /// </summary>
    private async Task ReturnAsync()
    {
        await Task.Delay(Pause);
        Volatile.Write(ref returning, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private sealed class Lease(BodyBudget budget) : IDisposable
    {
        public long Bytes { get; set; }

        public void Dispose() => budget.GiveBack(this);
    }
}

/// <summary>
/// Work on large JSON has a thread of its own, which ends with it: what the runtime keeps for a thread to use again, buffers as large as
/// the JSON, ends too, and does not add up with every thread that once served such a request.
/// </summary>
public static class LargeWork
{
    private const long Large = 1024 * 1024;

    public static Task<T> RunAsync<T>(long bytes, Func<T> work) => bytes < Large
        ? Task.FromResult(work())
        : Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
