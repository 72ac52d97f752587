namespace Ledger.Embedded;

/// <summary>How the host keeps its own PostgreSQL (storage.md, "Embedded default").</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// The setting <c>Ledger:DataDirectory</c>: the folder that holds the cluster (in <c>postgres/</c>) and the host's lock;
    /// a relative path counts from the working directory.
    /// </summary>
    public string DataDirectory { get; init; } = ".ledger";

    /// <summary>
    /// The setting <c>Ledger:Postgres:BinDirectory</c>: the folder with <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>.
    /// Null: look for them in <c>PATH</c>, the usual install folders, and last in the npm package.
    /// </summary>
    public string? BinDirectory { get; init; }

    /// <summary>
    /// Whether a commit survives a power cut. False switches <c>fsync</c> off, which only a test whose data may be lost wants.
    /// </summary>
    public bool Durable { get; init; } = true;

    /// <summary>Further PostgreSQL settings by name; they win over the defaults, but not over the address and the port.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long a start may take, crash recovery included. Default: two minutes.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The clock for waits and for watching the server process.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
