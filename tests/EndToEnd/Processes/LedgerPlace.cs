namespace Ledger.EndToEnd.Processes;

/// <summary>What outlives a host: its working directory with the data, and its first account. Deleted at the end.</summary>
internal sealed class LedgerPlace : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("ledger-e2e-").FullName;

    public Guid AccountId { get; init; } = Guid.NewGuid();

    public string ApiKey { get; init; } = $"e2e-key-{Guid.NewGuid():N}";

    /// <summary>The database; the embedded one of the working directory when null.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Further settings on the command line.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Further variables of the environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
