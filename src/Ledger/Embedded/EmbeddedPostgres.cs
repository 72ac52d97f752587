using Microsoft.Extensions.Logging;

namespace Ledger.Embedded;

/// <summary>
/// A PostgreSQL of the host's own, for when no connection string is set (storage.md, "Embedded default").
/// <para>
/// The first host on a data directory is the owner: it makes the cluster, starts the server, restarts it on the same port when
/// it dies, and stops it at the end. Further hosts are guests that use the same server and never stop it; when the owner goes,
/// a guest becomes the owner. A server that outlives a killed host is adopted by the next.
/// </para>
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private readonly Supervision supervision;
    private int disposed;

    private EmbeddedPostgres(Supervision supervision, ClusterFolder folder, string binDirectory)
    {
        this.supervision = supervision;
        BinDirectory = binDirectory;
        DataDirectory = folder.Root;
        Port = supervision.Running.Port;
        ConnectionString = folder.ConnectionString(Port, ClusterFolder.LedgerName);
    }

    /// <summary>How to reach the database <c>ledger</c>, as its superuser. It stays valid when the server is restarted.</summary>
    public string ConnectionString { get; }

    /// <summary>The folder of the server programs in use.</summary>
    public string BinDirectory { get; }

    /// <summary>The data directory as a full path; the cluster lies in its folder <c>postgres</c>.</summary>
    public string DataDirectory { get; }

    /// <summary>Where the server listens on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The server's first process; another one after a restart.</summary>
    public int ProcessId => supervision.Running.ProcessId;

    /// <summary>Whether this host starts, supervises and stops the server; a guest does not.</summary>
    public bool IsOwner => supervision.IsOwner;

    /// <summary>
    /// Starts the server, or joins the one that runs, and returns when it takes connections and the database <c>ledger</c> exists.
    /// </summary>
    /// <param name="options">Where the data lies and how durable it is.</param>
    /// <param name="logger">Told about starts, restarts and stops.</param>
    /// <param name="cancellationToken">Ends the attempt; nothing that it started keeps running.</param>
    /// <exception cref="EmbeddedPostgresException">It cannot be had; the message says in a sentence what to do.</exception>
    public static Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, ILogger logger, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.DataDirectory);
        UnixRights.ThrowOnWindows();
        return StartAsync(options, SearchPlaces.OfThisMachine(options.BinDirectory), logger, cancellationToken);
    }

    /// <summary>As the public method, with the server programs looked for in <paramref name="places"/>.</summary>
    internal static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, SearchPlaces places, ILogger logger, CancellationToken cancellationToken)
    {
        var folder = new ClusterFolder(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.DataDirectory)));
        try
        {
            MakeRoot(folder.Root);
            var programs = await ServerProgramFinder.FindAsync(places, folder.Major, logger, cancellationToken);
            var server = new Server(folder, programs, options, logger);
            var begun = await Supervision.BeginAsync(server, folder, options, logger, cancellationToken);
            return new EmbeddedPostgres(begun, folder, programs.BinDirectory);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException(
                $"The data directory '{folder.Root}' belongs to another account: start the host as that account, "
                + "or choose another Ledger:DataDirectory.", e);
        }
        catch (IOException e)
        {
            throw new EmbeddedPostgresException(
                $"The data directory '{folder.Root}' cannot be used ({e.Message}): mend that, or choose another Ledger:DataDirectory.", e);
        }
    }

    /// <summary>Ends the supervision; the owner also stops the server and returns when no process of it is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await supervision.DisposeAsync();
        }
    }

    /// <summary>Makes the data directory; where the server has an account of its own, that may pass through to its folder.</summary>
    private static void MakeRoot(string root)
    {
        if (!Directory.Exists(root))
        {
            Directory.CreateDirectory(root);
            UnixRights.Set(root, Environment.IsPrivilegedProcess ? UnixRights.PassableFolder : UnixRights.OwnerFolder);
        }
    }
}
