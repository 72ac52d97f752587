using Ledger.Http.Access;
using Ledger.Http.Settings;
using Ledger.Store.Postgres;
using Ledger.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Http.Tests.Access;

public sealed class BootstrapTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Hosts_that_start_at_once_on_an_empty_database_make_one_account()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await SchemaUpgrade.ApplyAsync(source, [typeof(ApiKeys).Assembly], default);
        var folder = Directory.CreateTempSubdirectory("ledger-bootstrap-").FullName;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new Bootstrap(
                source,
                new ApiKeys(source, TimeProvider.System),
                new LedgerSettings { DataDirectory = folder },
                TimeProvider.System,
                NullLogger<Bootstrap>.Instance).RunAsync(default)));

            await using var count = source.CreateCommand("select count(*) from ledger.accounts");
            (await count.ExecuteScalarAsync()).ShouldBe(1L);
            var secret = (await File.ReadAllLinesAsync(Path.Combine(folder, "bootstrap-key")))[1]["key=".Length..];
            (await new ApiKeys(source, TimeProvider.System).FindAsync(secret, default)).ShouldNotBeNull();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
