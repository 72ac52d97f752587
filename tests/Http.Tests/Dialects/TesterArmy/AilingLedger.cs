using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>
/// A ledger that loses its database, for good: out of reach, or without a table that is looked for. Keys that it knows it looks up again.
/// </summary>
internal sealed class AilingLedger : TesterArmyLedger
{
    private readonly FakeClock clock = new();
    private Wire wire = null!;

    protected override TimeProvider Clock => clock;

    /// <summary>Starts one that is well.</summary>
    public static async Task<AilingLedger> StartAsync()
    {
        var ledger = new AilingLedger();
        await ledger.InitializeAsync();
        return ledger;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await wire.DisposeAsync();
    }

    /// <summary>Closes all connections and lets none be made.</summary>
    public void CutOff()
    {
        wire.Refuse();
        wire.Cut();
        clock.Advance(ApiKeys.Trust);
    }

    /// <summary>Puts all tables where nobody finds them: a fault that nobody has foreseen, such as a database that was restored in part.</summary>
    public async Task LoseTablesAsync()
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand(
            """
            do $$
            declare found text;
            begin
              for found in select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)' loop
                execute format('alter schema %I rename to %I', found, 'lost_' || found);
              end loop;
            end $$
            """);
        await command.ExecuteNonQueryAsync();
        clock.Advance(ApiKeys.Trust);
    }

    protected override string Reach(string connectionString)
    {
        wire = new Wire(connectionString);
        return new NpgsqlConnectionStringBuilder(wire.ConnectionString) { CommandTimeout = 5, CancellationTimeout = -1 }.ConnectionString;
    }
}
