using Ledger.Http.Embedded;
using Npgsql;

namespace Ledger.Support;

/// <summary>
/// A database in the <see cref="TestCluster"/> as the first start of a host leaves it, without accounts and events, dropped at the end. As
/// a class fixture (<c>IClassFixture&lt;TestDatabase&gt;</c>) every test class has its own; a test may also make one with <c>using</c>.
/// </summary>
public sealed class TestDatabase : IDisposable
{
    private readonly EmbeddedPostgres cluster;

    /// <summary>Makes the database. Blocks: xunit's fixtures have no asynchronous constructor.</summary>
    public TestDatabase()
        : this(TestCluster.GetTemplateAsync().GetAwaiter().GetResult())
    {
    }

    private TestDatabase(string template)
    {
        cluster = TestCluster.GetAsync().GetAwaiter().GetResult();
        Name = $"test_{Guid.NewGuid():N}";
        Execute($"CREATE DATABASE {Name} TEMPLATE {template} STRATEGY file_copy");
        ConnectionString = new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = Name }.ConnectionString;
    }

    /// <summary>The database's name, different for every test class.</summary>
    public string Name { get; }

    /// <summary>How to reach it, as superuser.</summary>
    public string ConnectionString { get; }

    /// <summary>One in which nothing is, for what begins before the schema does.</summary>
    public static TestDatabase Empty() => new("template1");

    /// <summary>Drops the database, whoever is still connected.</summary>
    public void Dispose()
    {
        using (var pool = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(pool);
        }

        Execute($"DROP DATABASE {Name} WITH (FORCE)");
    }

    private void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
