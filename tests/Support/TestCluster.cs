using JasperFx.Resources;
using Ledger.Http.Embedded;
using Ledger.Http.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Support;

/// <summary>
/// The one PostgreSQL of this test process: started at first use in a fresh temporary folder, without <c>fsync</c>, stopped and
/// deleted when the process ends, even when it is killed.
/// </summary>
public static class TestCluster
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Shared = new(() => Task.Run(StartAsync));
    private static readonly Lazy<Task<string>> Template = new(() => Task.Run(MakeTemplateAsync));

    /// <summary>The cluster. Tests share it; each test class takes a <see cref="TestDatabase"/> of its own.</summary>
    public static Task<EmbeddedPostgres> GetAsync() => Shared.Value;

    /// <summary>The name of a database with the whole schema, to copy: that is cheaper than to make the schema for every test class.</summary>
    public static Task<string> GetTemplateAsync() => Template.Value;

    private static async Task<string> MakeTemplateAsync()
    {
        const string name = "test_template";
        var cluster = await GetAsync();
        await using (var command = NpgsqlDataSource.Create(cluster.ConnectionString).CreateCommand($"CREATE DATABASE {name}"))
        {
            await command.ExecuteNonQueryAsync();
        }

        // Nobody may be connected to what is copied.
        var template = new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = name, Pooling = false };
        await using var host = await LedgerHost.BuildAsync(
            [$"--ConnectionStrings:Ledger={template.ConnectionString}"], purpose: HostPurpose.CommandWithDatabase);
        await host.App.SetupResources();
        return name;
    }

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
