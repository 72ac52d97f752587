using Ledger.Http.Access;
using Ledger.Http.Hosting;
using Ledger.Http.Settings;
using Ledger.Store.Postgres;
using Ledger.Support;
using Marten;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Http.Tests.Access;

public sealed class BootstrapTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Hosts_that_start_at_once_on_an_empty_database_make_one_account()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await SchemaUpgrade.ApplyAsync(source, LedgerDatabase.Parts, default);
        await using var store = LedgerStore.Open(source, LedgerDatabase.Parts);
        var folder = Directory.CreateTempSubdirectory("ledger-bootstrap-").FullName;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new Bootstrap(
                source,
                store,
                new ApiKeys(store, TimeProvider.System),
                new LedgerSettings { DataDirectory = folder },
                TimeProvider.System,
                NullLogger<Bootstrap>.Instance).RunAsync(default)));

            await using var documents = store.QuerySession();
            (await documents.Query<Account>().CountAsync()).ShouldBe(1);
            var secret = (await File.ReadAllLinesAsync(Path.Combine(folder, "bootstrap-key")))[1]["key=".Length..];
            (await new ApiKeys(store, TimeProvider.System).FindAsync(secret, default)).ShouldNotBeNull();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
