using Ledger.Http.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Support;

/// <summary>
/// The one PostgreSQL of this test process: started at first use in a fresh temporary folder, without <c>fsync</c>, stopped and
/// deleted when the process ends, even when it is killed.
/// </summary>
public static class TestCluster
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Shared = new(() => Task.Run(StartAsync));

    /// <summary>The cluster. Tests share it; each test class takes a <see cref="TestDatabase"/> of its own.</summary>
    public static Task<EmbeddedPostgres> GetAsync() => Shared.Value;

    private static async Task<EmbeddedPostgres> StartAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"ledger-tests-{Guid.NewGuid():N}");
        var caretaker = Caretaker.Of(folder);
        var cluster = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataDirectory = folder, Durable = false }, NullLogger.Instance);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            Task.Run(async () => await cluster.DisposeAsync()).Wait(TimeSpan.FromSeconds(30));
            caretaker.CleanUp();
        };
        return cluster;
    }
}
