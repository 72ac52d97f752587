namespace Ledger.Http.Embedded;

/// <summary>How the host keeps its own PostgreSQL.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// The setting <c>Ledger:DataDirectory</c>: the folder that holds the cluster (in <c>postgres/</c>) and the host's lock;
    /// a relative path counts from the working directory.
    /// </summary>
    public string DataDirectory { get; init; } = ".ledger";

    /// <summary>
    /// The setting <c>Ledger:Postgres:BinDirectory</c>: the folder with <c>postgres</c> and <c>initdb</c>. Null: look for them in
    /// <c>PATH</c>, the usual install folders, and last in the npm package.
    /// </summary>
    public string? BinDirectory { get; init; }

    /// <summary>
    /// Whether a commit survives a power cut. False switches <c>fsync</c> off, which only a test whose data may be lost wants.
    /// </summary>
    public bool Durable { get; init; } = true;
}

/// <summary>The embedded PostgreSQL cannot be had. The message tells the person who starts the host, in one sentence, what to do.</summary>
public sealed class EmbeddedPostgresException(string message, Exception? cause = null) : Exception(message, cause);
