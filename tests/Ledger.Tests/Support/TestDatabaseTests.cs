using Ledger.Support;
using Npgsql;

namespace Ledger.Tests.Support;

/// <summary>The database that other tests rely on, used as they use it.</summary>
public sealed class TestDatabaseTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_class_has_a_database_of_its_own()
    {
        using var other = new TestDatabase();

        (await AskAsync(database.ConnectionString, "SELECT current_database()")).ShouldBe(database.Name);
        (await AskAsync(other.ConnectionString, "SELECT current_database()")).ShouldBe(other.Name);
        other.Name.ShouldNotBe(database.Name);
    }

    [Fact]
    public async Task It_is_dropped_at_the_end_though_someone_is_still_connected()
    {
        var other = new TestDatabase();
        await using var connected = new NpgsqlConnection(other.ConnectionString);
        await connected.OpenAsync();

        other.Dispose();

        (await AskAsync(database.ConnectionString, $"SELECT count(*) FROM pg_database WHERE datname = '{other.Name}'")).ShouldBe(0L);
    }

    private static async Task<object?> AskAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
