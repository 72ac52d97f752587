using Ledger.Sessions;
using Ledger.Store;
using Marten;

namespace Ledger.Bench.Hosts;

/// <summary>
/// Accounts spread over two databases of one server by Marten's sharded tenancy, next to all of them in one: new streams of one event, each in a
/// Marten session and a commit of its own. This is Marten alone: a host of the ledger has one database.
/// </summary>
internal static class TwoDatabases
{
    private const int Producers = 32;

    public static async Task RunAsync(Setup setup)
    {
        var accounts = Enumerable.Range(0, 8).Select(_ => Guid.CreateVersion7()).ToList();
        await using var spread = await SpreadAsync(setup, accounts);
        List<double> single = [], both = [];
        for (var window = 0; window <= setup.Scale.Windows; window++)
        {
            var together = await AppendAsync(setup.Database.Store, accounts, setup.Scale.Window);
            var apart = await AppendAsync(spread, accounts, setup.Scale.Window);

            // The first ones compile while they work.
            if (window > 0)
            {
                single.Add(together.PerSecond);
                both.Add(apart.PerSecond);
            }
        }

        setup.Report.Add(
            "new streams of accounts in two databases of one server",
            $"one database {Statistics.Median(single):0}/s",
            $"{Statistics.Median(both):0}/s",
            [.. both.Zip(single, static (both, single) => both / single)],
            Target.AtLeast(1));
    }

    private static Task<Load> AppendAsync(IDocumentStore store, List<Guid> accounts, TimeSpan duration) =>
        Load.RunAsync(Producers, duration, async worker =>
        {
            var (account, id) = (accounts[worker % accounts.Count], Guid.CreateVersion7());
            await using var session = store.LightweightSession(account.ToString());
            session.Events.StartStream<Session>(id, Suites.Triggered(account, id));
            await session.SaveChangesAsync();
            return true;
        });

    private static async Task<DocumentStore> SpreadAsync(Setup setup, List<Guid> accounts)
    {
        string[] databases = ["spread_one", "spread_other"];
        foreach (var database in databases)
        {
            await using var command = setup.Database.Source.CreateCommand($"create database {database}");
            await command.ExecuteNonQueryAsync();
        }

        var store = DocumentStore.For(options =>
        {
            LedgerStore.Configure(options);
            options.Schema.For<RememberedAnswer>().MultiTenanted(); // All tables are divided by account: none can be without.
            options.MultiTenantedWithShardedDatabases(pool =>
            {
                pool.ConnectionString = setup.Postgres.ConnectionString;
                pool.UseExplicitAssignment();
                foreach (var database in databases)
                {
                    var connection = BenchDatabase.AsAHostDoes(setup.Postgres.ConnectionString);
                    connection.Database = database;
                    pool.AddDatabase(database, connection.ConnectionString);
                }
            });
        });
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        for (var i = 0; i < accounts.Count; i++)
        {
            await store.Advanced.AddTenantToShardAsync(accounts[i].ToString(), databases[i % databases.Length], CancellationToken.None);
        }

        return store;
    }
}
