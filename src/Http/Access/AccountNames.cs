using Ledger.Store;
using Npgsql;

namespace Ledger.Http.Access;

/// <summary>What accounts are called.</summary>
public sealed class AccountNames(NpgsqlDataSource database)
{
    /// <summary>The account's name; null for an unknown one.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<string?> FindAsync(Guid accountId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select name from ledger.accounts where id = $1");
        command.Parameters.AddWithValue(accountId);
        return await Database.RunAsync(async () => (string?)await command.ExecuteScalarAsync(cancellation));
    }
}
