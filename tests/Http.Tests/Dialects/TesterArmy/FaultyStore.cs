using Marten;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>Makes commits fail while it is told to.</summary>
internal sealed class FaultyStore : DocumentSessionListenerBase
{
    private volatile Exception? fault;

    /// <summary>Fails with this until the answer is disposed.</summary>
    public IDisposable FailWith(Exception failure)
    {
        fault = failure;
        return new Repair(this);
    }

    public override Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken token) =>
        fault is null ? Task.CompletedTask : throw fault;

    private sealed class Repair(FaultyStore faulty) : IDisposable
    {
        public void Dispose() => faulty.fault = null;
    }
}
