namespace Ledger.Http.Embedded;

/// <summary>How the host keeps its own PostgreSQL.</summary>
/// <param name="DataDirectory">
/// The setting <c>Ledger:DataDirectory</c>: the folder that holds the cluster (in <c>postgres/</c>) and the host's lock; a relative path counts
/// from the working directory.
/// </param>
/// <param name="BinDirectory">
/// The setting <c>Ledger:Postgres:BinDirectory</c>: the folder with <c>postgres</c> and <c>initdb</c>. Null: look for them in <c>PATH</c>, the usual
/// install folders, and last in the npm package.
/// </param>
/// <param name="Durable">Whether a commit survives a power cut. False switches <c>fsync</c> off, which only a test wants whose data may be lost.</param>
public sealed record EmbeddedPostgresOptions(string DataDirectory = ".ledger", string? BinDirectory = null, bool Durable = true);

/// <summary>The embedded PostgreSQL cannot be had. The message tells the person who starts the host, in one sentence, what to do.</summary>
public sealed class EmbeddedPostgresException(string message, Exception? cause = null) : Exception(message, cause);
