namespace Ledger.Http.Requests;

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
