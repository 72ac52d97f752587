namespace Ledger.Store;

/// <summary>The database cannot be reached, or did not answer in time. Nothing that was not confirmed may be assumed written.</summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>With what happened.</summary>
    public StoreUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The database refuses the data itself, for instance a number that no database number can hold.</summary>
public sealed class UnstorableEventException : Exception
{
    /// <summary>With what the database said.</summary>
    public UnstorableEventException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
