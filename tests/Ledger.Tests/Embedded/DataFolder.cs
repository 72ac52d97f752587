using Ledger.Embedded;
using Ledger.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Tests.Embedded;

/// <summary>A data directory for one test, cleaned up whatever the test leaves running in it.</summary>
public abstract class DataFolder : IDisposable
{
    private readonly Caretaker caretaker;

    protected DataFolder() => caretaker = Caretaker.Of(Folder);

    protected string Folder { get; } = Path.Combine(Path.GetTempPath(), $"ledger-embedded-{Guid.NewGuid():N}");

    protected Task<EmbeddedPostgres> StartAsync(bool durable = false) =>
        EmbeddedPostgres.StartAsync(Options(durable), NullLogger.Instance);

    protected EmbeddedPostgresOptions Options(bool durable = false) => new() { DataDirectory = Folder, Durable = durable };

    public void Dispose()
    {
        caretaker.CleanUp();
        GC.SuppressFinalize(this);
    }
}
