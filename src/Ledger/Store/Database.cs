using JasperFx;

namespace Ledger;

/// <summary>What the host keeps in documents and in tables of its own.</summary>
public static class Database
{
    /// <summary>Runs a query; a database out of reach becomes the one exception that every caller of the store knows.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="UnstorableEventException">The database refuses the data itself.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> query)
    {
        try
        {
            return await query();
        }
        catch (Exception fault) when (Explain(fault) != fault)
        {
            throw Explain(fault);
        }
    }

    /// <summary>An error as callers of the store know it, where it came from the database, with or without Marten in between; else itself.</summary>
    public static Exception Explain(Exception fault) => (fault as NpgsqlException ?? fault.InnerException as NpgsqlException) switch
    {
        { } cause when cause is PostgresException { SqlState: ['2', '2', ..] } || Outage.Is(cause) => Outage.ForCaller(cause),
        _ => fault,
    };

    /// <summary>Whether somebody else wrote the same document, or one that takes its name, at the same moment. Nothing was written then.</summary>
    public static bool IsConflict(Exception fault) => fault is ConcurrencyException or DocumentAlreadyExistsException
        || fault is { InnerException: PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } };

    /// <summary>Registers a document under its id, or what has changed of it. Of two that register it first at once, one finds the other's.</summary>
    /// <param name="documents">The account's documents.</param>
    /// <param name="id">The document's id.</param>
    /// <param name="make">Makes it, of the one that is there; null for a new one.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The document as it stands, and whether it is new.</returns>
    public static Task<(T Document, bool IsNew)> PutAsync<T>(
        this IDocumentSession documents, Guid id, Func<T?, T> make, CancellationToken cancellation)
        where T : class => documents.AgainAfterConflictAsync(async () =>
    {
        var there = await documents.LoadAsync<T>(id, cancellation);
        var document = make(there);
        if (there is null)
        {
            documents.Insert(document);
        }
        else
        {
            documents.Store(document);
        }

        await documents.SaveChangesAsync(cancellation);
        return (document, there is null);
    });

    /// <summary>Reads, decides and saves, and does so again when somebody else wrote the same at the same moment.</summary>
    public static async Task<T> AgainAfterConflictAsync<T>(this IDocumentSession documents, Func<Task<T>> save)
    {
        const int Tries = 5;
        for (var nth = 1; ; nth++)
        {
            try
            {
                return await save();
            }
            catch (Exception race) when (nth < Tries && IsConflict(race))
            {
                documents.EjectAllPendingChanges();
            }
        }
    }
}
