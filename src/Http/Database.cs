using Ledger.Store;
using Npgsql;

namespace Ledger.Http;

/// <summary>The host's own small tables: keys and checks.</summary>
public static class Database
{
    /// <summary>Runs a query; a database out of reach becomes the one exception that every caller of the store knows.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> query)
    {
        try
        {
            return await query();
        }
        catch (NpgsqlException fault) when (fault is not PostgresException || fault.IsTransient)
        {
            throw new StoreUnavailableException("The database cannot be reached.", fault);
        }
    }
}
