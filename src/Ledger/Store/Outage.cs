using System.Net.Sockets;

namespace Ledger;

/// <summary>
/// What an error of the database means, for whoever reads or writes: a database that is away is waited for, data that it refuses are not.
/// </summary>
public static class Outage
{
    /// <summary>
    /// Whether the error says that the database was not reached, went away, or could not serve at this time; a write that was sent may or may
    /// not have happened.
    /// </summary>
    public static bool Is(Exception error) => error switch
    {
        PostgresException { InvariantSeverity: "FATAL" or "PANIC" } => true,
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction } => true,
        PostgresException refusal => refusal.IsTransient,
        StoreUnavailableException or NpgsqlException or IOException or SocketException or TimeoutException => true,
        ObjectDisposedException => true, // The host is stopping and has closed the database first.
        _ => false,
    };

    /// <summary>The same for work that its caller did not cancel: then nobody but the database has ended it.</summary>
    internal static bool IsUnlessCancelled(Exception error) => error is OperationCanceledException || Is(error);

    /// <summary>The error as callers of the store know it.</summary>
    internal static Exception ForCaller(Exception error) => error switch
    {
        PostgresException refusal when !Is(refusal) && IsAboutData(refusal) =>
            new UnstorableEventException($"The database refuses the data: {refusal.MessageText} ({refusal.SqlState}).", refusal),
        PostgresException refusal =>
            new StoreUnavailableException($"The database cannot serve: {refusal.MessageText} ({refusal.SqlState}).", refusal),
        _ => new StoreUnavailableException($"The database cannot be reached: {error.Message}", error),
    };

    /// <summary>The refusal is about the data itself: its form, a constraint, or a limit of the database.</summary>
    private static bool IsAboutData(PostgresException refusal) => refusal.SqlState[..2] is "22" or "23" or "54";
}
