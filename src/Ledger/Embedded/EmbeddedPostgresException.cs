namespace Ledger.Embedded;

/// <summary>
/// The embedded PostgreSQL could not be found, made, started or reached. The message is written for the person who starts
/// the host: one sentence that says what to do.
/// </summary>
public sealed class EmbeddedPostgresException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence that says what is wrong and what to do about it.</param>
    /// <param name="cause">The error underneath, if there is one.</param>
    public EmbeddedPostgresException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
