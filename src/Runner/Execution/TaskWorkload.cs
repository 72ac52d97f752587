using Ledger.Runner.Supervising;

namespace Ledger.Runner.Execution;

/// <summary>A part of a run that this process does itself. Once its task has ended, nothing of it is left.</summary>
internal sealed class TaskWorkload : IWorkload
{
    private readonly CancellationTokenSource stop = new();

    /// <summary>Begins the work.</summary>
    /// <param name="work">What to do; it ends soon after its token is cancelled.</param>
    public TaskWorkload(Func<CancellationToken, Task<Exit>> work) => Exited = Task.Run(() => work(stop.Token), CancellationToken.None);

    public Task<Exit> Exited { get; }

    public bool HasEnded => Exited.IsCompleted;

    public async Task<Stop> StopAsync(TimeSpan grace, Task forced)
    {
        await EndAsync();
        return Stop.Idle;
    }

    public Task<Remains> CleanAsync() => Task.FromResult(Remains.None);

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        stop.Dispose();
    }

    private async Task EndAsync()
    {
        await stop.CancelAsync();
        await ((Task)Exited).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
