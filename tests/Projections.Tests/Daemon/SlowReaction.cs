using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>A reaction that works on its first events until it is told to go on.</summary>
internal sealed class SlowReaction() : Projection("slow", 1)
{
    public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        Begun.TrySetResult();
        await GoOn.Task.WaitAsync(cancellation);
        return [];
    }
}
