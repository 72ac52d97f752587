using System.Net.Sockets;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>Tells a database that is away, which is waited for, from data that cannot be handled, which is not.</summary>
public static class Outage
{
    /// <summary>Whether the error says that the database was not reached, went away, or could not serve at this time.</summary>
    public static bool Is(Exception error) => error switch
    {
        PostgresException { InvariantSeverity: "FATAL" or "PANIC" } => true,
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction } => true,
        PostgresException refusal => refusal.IsTransient,
        StoreUnavailableException or NpgsqlException or IOException or SocketException or TimeoutException => true,
        ObjectDisposedException => true, // The host is stopping and has closed the database first.
        _ => false,
    };
}
