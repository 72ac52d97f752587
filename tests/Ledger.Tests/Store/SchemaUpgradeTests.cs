using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Support;
using Npgsql;

namespace Ledger.Tests.Store;

public sealed class SchemaUpgradeTests : IAsyncLifetime
{
    private readonly TestDatabase database = TestDatabase.Empty();
    private NpgsqlDataSource source = null!;

    public Task InitializeAsync()
    {
        source = NpgsqlDataSource.Create(database.ConnectionString);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await source.DisposeAsync();
        database.Dispose();
    }

    [Fact]
    public async Task A_second_upgrade_changes_nothing()
    {
        await SchemaUpgrade.ApplyAsync(source, [], default);
        var first = await ReadAsync<string>("select (file, checksum, applied_at)::text from ledger.schema_version order by 1");

        await SchemaUpgrade.ApplyAsync(source, [typeof(SchemaUpgrade).Assembly], default);

        (await ReadAsync<string>("select (file, checksum, applied_at)::text from ledger.schema_version order by 1")).ShouldBe(first);
        first.Count.ShouldBe(SchemaFile.Of(typeof(SchemaUpgrade).Assembly).Count);
    }

    [Fact]
    public async Task Hosts_may_upgrade_at_the_same_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SchemaUpgrade.ApplyAsync(source, [], default))));

        await using var store = LedgerStore.Open(source);
        await store.Storage.Database.AssertDatabaseMatchesConfigurationAsync();
    }

    [Fact]
    public async Task Every_file_may_be_run_again()
    {
        await SchemaUpgrade.ApplyAsync(source, [], default);
        await ExecuteAsync("update ledger.schema_version set checksum = 'another'");

        await SchemaUpgrade.ApplyAsync(source, [], default);

        (await ReadAsync<string>("select checksum from ledger.schema_version where checksum = 'another'")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_changed_file_is_applied_and_no_other()
    {
        var before = new SchemaFile("b", "create or replace function ledger.answer() returns int language sql as 'select 1'");
        SchemaFile[] own = [.. SchemaFile.Of(typeof(SchemaUpgrade).Assembly)];
        await SchemaUpgrade.ApplyFilesAsync(source, [.. own, before, new("c", "create table ledger.once (n int)")], default);

        await SchemaUpgrade.ApplyFilesAsync(
            source,
            [.. own, before with { Sql = before.Sql.Replace('1', '2') }, new("c", "create table ledger.once (n int)")],
            default);

        (await ReadAsync<int>("select ledger.answer()")).ShouldBe([2]);
    }

    [Fact]
    public async Task A_file_may_take_longer_than_statements_usually_may()
    {
        await using var impatient = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { CommandTimeout = 2 });
        SchemaFile[] files = [.. SchemaFile.Of(typeof(SchemaUpgrade).Assembly), new("slow.sql", "select pg_sleep(3)")];

        await SchemaUpgrade.ApplyFilesAsync(impatient, files, default);

        (await ReadAsync<string>("select file from ledger.schema_version where file = 'slow.sql'")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_file_that_fails_is_named_and_leaves_nothing_behind()
    {
        SchemaFile[] files = [.. SchemaFile.Of(typeof(SchemaUpgrade).Assembly), new("bad.sql", "create table ledger.x (n nonsense)")];

        var error = await Should.ThrowAsync<StoreUnavailableException>(() => SchemaUpgrade.ApplyFilesAsync(source, files, default));

        error.Message.ShouldContain("bad.sql");
        (await ReadAsync<bool>("select to_regnamespace('ledger') is null")).ShouldBe([true]);
    }

    private async Task<List<T>> ReadAsync<T>(string sql)
    {
        var read = new List<T>();
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            read.Add(reader.GetFieldValue<T>(0));
        }

        return read;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
