using System.Diagnostics;
using Ledger.Http.Embedded;
using Ledger.Projections.SessionList;
using Ledger.Store;
using Ledger.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Projections.Tests.Daemon;

public sealed class DatabaseCrashTests : RecomputationTest
{
    private readonly Caretaker caretaker;
    private readonly EmbeddedPostgres server;

    public DatabaseCrashTests()
        : this(Path.Combine(Path.GetTempPath(), $"ledger-crash-{Guid.NewGuid():N}"))
    {
    }

    private DatabaseCrashTests(string folder)
        : this(Caretaker.Of(folder), Task.Run(() => StartAsync(folder)).GetAwaiter().GetResult())
    {
    }

    private DatabaseCrashTests(Caretaker caretaker, EmbeddedPostgres server)
        : base(server.ConnectionString)
    {
        this.caretaker = caretaker;
        this.server = server;
    }

    [Fact]
    public async Task A_server_that_is_killed_costs_neither_events_nor_rows()
    {
        var daemon = await StartDaemonAsync(Both);
        for (var crash = 0; crash < 3; crash++)
        {
            var lives = Task.WhenAll(Enumerable.Range(crash * 8, 8).Select(LiveThroughOutagesAsync));
            var before = await Eventually.Become(() => Store.ReadHeadAsync(default), head => head > 0);
            await Eventually.Become(() => daemon.WaitForAsync(SessionListReader.ProjectionName, before, Recovery), Recovery);
            using var postmaster = Process.GetProcessById(server.ProcessId);
            postmaster.Kill();
            await lives;
            await Eventually.Become(IsBackAsync, Recovery);

            // Of what the test itself asks with; the daemon has to find out by itself.
            DataSource.Clear();
            daemon.Reconnect();
        }

        try
        {
            await ShouldEqualARecomputationAsync(daemon);
        }
        catch (ShouldAssertException stuck)
        {
            throw new InvalidOperationException(await daemon.TellAsync(), stuck);
        }
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await server.DisposeAsync();
        caretaker.CleanUp();
    }

    private static Task<EmbeddedPostgres> StartAsync(string folder) =>
        EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataDirectory = folder }, NullLogger.Instance);

    /// <summary>By a new connection: what is left of the server that was killed may still serve the old ones.</summary>
    private async Task<bool> IsBackAsync()
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return true;
    }

    private async Task LiveThroughOutagesAsync(int seed)
    {
        try
        {
            await LiveAsync(seed);
        }
        catch (StoreUnavailableException)
        {
            // Its life ends here; whatever was written of it has to show.
        }
    }
}
