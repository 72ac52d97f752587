using Ledger.Http.Embedded;
using Ledger.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Http.Tests.Embedded;

/// <summary>A data directory for one test, cleaned up whatever the test leaves running in it.</summary>
public abstract class DataFolder : IDisposable
{
    private readonly Caretaker caretaker;

    protected DataFolder() => caretaker = Caretaker.Of(Folder);

    protected string Folder { get; } = Path.Combine(Path.GetTempPath(), $"ledger-embedded-{Guid.NewGuid():N}");

    protected Task<EmbeddedPostgres> StartAsync(bool durable = false, CancellationToken cancellation = default) =>
        EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataDirectory = Folder, Durable = durable }, NullLogger.Instance, cancellation);

    public void Dispose()
    {
        caretaker.CleanUp();
        GC.SuppressFinalize(this);
    }
}
