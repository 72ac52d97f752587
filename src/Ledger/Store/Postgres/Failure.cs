using System.Net.Sockets;
using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>What an error of the database means for what was being written or read.</summary>
internal static class Failure
{
    /// <summary>
    /// The statement was refused and rolled back, and would be again: data that cannot be stored, or a database that is not the ledger's.
    /// </summary>
    public static bool IsRefusal(Exception error) => error is PostgresException refusal && !IsOutage(refusal);

    /// <summary>The refusal is about the data itself: its form, a constraint, or a limit of the database.</summary>
    public static bool IsAboutData(PostgresException refusal) => refusal.SqlState[..2] is "22" or "23" or "54";

    /// <summary>
    /// The database was not reached, went away, or could not serve at this time; a write that was sent may or may not have happened.
    /// </summary>
    public static bool IsOutage(Exception error) => error switch
    {
        PostgresException { InvariantSeverity: "FATAL" or "PANIC" } => true,
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction } => true,
        PostgresException refusal => refusal.IsTransient,
        NpgsqlException or IOException or SocketException or TimeoutException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>The error as callers of the port know it, for a single unit.</summary>
    public static Exception ForCaller(Exception error) => error switch
    {
        PostgresException refusal when !IsOutage(refusal) && IsAboutData(refusal) =>
            new UnstorableEventException($"The database refuses the data: {refusal.MessageText} ({refusal.SqlState}).", refusal),
        PostgresException refusal =>
            new StoreUnavailableException($"The database cannot serve: {refusal.MessageText} ({refusal.SqlState}).", refusal),
        _ => new StoreUnavailableException($"The database cannot be reached: {error.Message}", error),
    };
}
