using Ledger.Serialization;
using Ledger.Store;

namespace Ledger.Projections.Daemon;

/// <summary>
/// The log as one projection reads it: from the last events of the feed where they are still here, else from the store, only the types
/// that the projection handles, and the next page while the last one is being written. For one reader at a time.
/// </summary>
internal sealed class LogReader : IAsyncDisposable
{
    private readonly EventLog store;
    private readonly RecentEvents recent;
    private readonly IReadOnlyCollection<string>? types;
    private (long After, long Through, Task<EventPage> Page, CancellationTokenSource Ending)? ahead;

    /// <summary>A reader for a projection.</summary>
    public LogReader(Projection projection, EventLog store, RecentEvents recent)
    {
        this.store = store;
        this.recent = recent;
        types = projection.Handles is { } handled ? handled.Select(EventTypes.AliasOf).ToHashSet(StringComparer.Ordinal) : null;
    }

    /// <summary>The events that the projection handles above a position and up to another one, or less far.</summary>
    public async Task<EventPage> ReadAsync(long after, long through, CancellationToken cancellation)
    {
        if (types is { Count: 0 })
        {
            return new EventPage(after, [], through);
        }

        if (recent.After(after, through) is { } fresh)
        {
            return types is null ? fresh : fresh with { Events = [.. fresh.Events.Where(recorded => types.Contains(recorded.Type))] };
        }

        return ahead is { } begun && begun.After == after && begun.Through <= through
            ? await FinishAsync(begun.Page)
            : await store.ReadPageAsync(after, through, types, cancellation);
    }

    /// <summary>Begins to read a page that will be asked for next.</summary>
    public async ValueTask BeginAsync(long after, long through, CancellationToken cancellation)
    {
        await EndAsync();
        if (types is not { Count: 0 })
        {
            var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            ahead = (after, through, Task.Run(() => store.ReadPageAsync(after, through, types, ending.Token), CancellationToken.None), ending);
        }
    }

    /// <summary>Lets go of what was read ahead.</summary>
    public async ValueTask EndAsync()
    {
        if (ahead is { } begun)
        {
            ahead = null;
            await begun.Ending.CancelAsync();
            await ((Task)begun.Page).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            begun.Ending.Dispose();
        }
    }

    public ValueTask DisposeAsync() => EndAsync();

    private async Task<EventPage> FinishAsync(Task<EventPage> begun)
    {
        try
        {
            return await begun;
        }
        finally
        {
            ahead?.Ending.Dispose();
            ahead = null;
        }
    }
}
