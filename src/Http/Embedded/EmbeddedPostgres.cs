using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Versioning;

namespace Ledger.Http.Embedded;

/// <summary>
/// A PostgreSQL of the host's own, for when no connection string is set. It lives as long as its host: a server that dies is
/// started again on the same port, and a host that ends, even by SIGKILL, takes its server with it.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const string LedgerName = "ledger";
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    // Crash recovery included.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly string cluster;
    private readonly bool durable;
    private readonly ILogger logger;
    private readonly CancellationTokenSource ending = new();
    private FileStream? hostLock;
    private ServerAccount account = new([], null);
    private Task serverRun = Task.CompletedTask;
    private Task supervision = Task.CompletedTask;

    private EmbeddedPostgres(string root, bool durable, ILogger logger)
    {
        DataDirectory = root;
        cluster = Path.Combine(root, "postgres");
        this.durable = durable;
        this.logger = logger;
    }

    /// <summary>How to reach the database <c>ledger</c>, as its superuser. It stays valid when the server is restarted.</summary>
    public string ConnectionString => ConnectionTo(LedgerName).ConnectionString;

    /// <summary>The folder of the server programs in use.</summary>
    public string BinDirectory { get; private set; } = "";

    /// <summary>The data directory as a full path; the cluster lies in its folder <c>postgres</c>.</summary>
    public string DataDirectory { get; }

    /// <summary>Where the server listens on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The server's first process; another one after a restart.</summary>
    public int ProcessId { get; private set; }

    private string PasswordFile => Path.Combine(cluster, "ledger.password");

    private string Log => Path.Combine(cluster, "ledger.log");

    /// <summary>PostgreSQL's note about the running server; gone after an orderly stop.</summary>
    private string PostmasterFile => Path.Combine(cluster, "postmaster.pid");

    /// <summary>Starts the server and returns when it takes connections and the database <c>ledger</c> exists.</summary>
    /// <param name="options">Where the data lies and how durable it is.</param>
    /// <param name="logger">Told about starts, restarts and stops.</param>
    /// <param name="cancellationToken">Ends the attempt; nothing that it started keeps running.</param>
    /// <exception cref="EmbeddedPostgresException">It cannot be had; the message says in a sentence what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, ILogger logger, CancellationToken cancellationToken = default)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new EmbeddedPostgresException(
                "The embedded PostgreSQL runs on Linux and macOS only: set ConnectionStrings:Ledger to a server that runs already.");
        }

        var postgres = new EmbeddedPostgres(Path.GetFullPath(options.DataDirectory), options.Durable, logger);
        try
        {
            await postgres.BeginAsync(options.BinDirectory, cancellationToken);
            return postgres;
        }
        catch (Exception fault)
        {
            await postgres.DisposeAsync();
            if (fault is IOException or UnauthorizedAccessException or Win32Exception)
            {
                throw new EmbeddedPostgresException(
                    $"The data directory '{postgres.DataDirectory}' cannot be used ({fault.Message.TrimEnd('.')}): start the host as the account "
                    + "that owns it, or choose another Ledger:DataDirectory.", fault);
            }

            throw;
        }
    }

    /// <summary>Stops the server without waiting for its clients to leave, and returns when no process of it is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await supervision.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await serverRun.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The file stays: removing it would let two hosts lock two files of one name.
        hostLock?.Dispose();
    }

    [UnsupportedOSPlatform("windows")]
    private async Task BeginAsync(string? binDirectory, CancellationToken cancellationToken)
    {
        // Where the host is root, the server has another account, which has to pass through.
        const UnixFileMode passableFolder = OwnerFolder | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (!Directory.Exists(DataDirectory))
        {
            Directory.CreateDirectory(DataDirectory);
            File.SetUnixFileMode(DataDirectory, Environment.IsPrivilegedProcess ? passableFolder : OwnerFolder);
        }

        TakeLock();
        var version = Path.Combine(cluster, "PG_VERSION");
        int? major = File.Exists(version) ? int.Parse(await File.ReadAllTextAsync(version, cancellationToken), CultureInfo.InvariantCulture) : null;
        var programs = await ServerPrograms.FindAsync(SearchPlaces.OfThisMachine(binDirectory), major, logger, cancellationToken);
        BinDirectory = programs.BinDirectory;
        account = await ServerAccount.ChooseAsync(DataDirectory, BinDirectory, logger, cancellationToken);
        if (major is null)
        {
            logger.LogInformation("Making a PostgreSQL {Version} cluster in {Directory}", programs.Version, cluster);
            await MakeClusterAsync(cancellationToken);
        }
        else if (File.Exists(Log))
        {
            File.Move(Log, Log + ".previous", overwrite: true);
        }

        await StartServerAsync(mayMove: true, cancellationToken);
        supervision = SuperviseAsync();
    }

    /// <summary>Takes the right to the data directory: an exclusive lock that ends with the process, however it ends.</summary>
    private void TakeLock()
    {
        try
        {
            hostLock = new FileStream(Path.Combine(DataDirectory, "host.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11))
        {
            // EWOULDBLOCK of flock(2), which the runtime passes on.
            throw new EmbeddedPostgresException(
                $"Another host uses the data directory '{DataDirectory}': end that host, or choose another Ledger:DataDirectory, or give both "
                + "hosts one database by ConnectionStrings:Ledger.", e);
        }
    }

    /// <summary>Makes the cluster beside its place and moves it there in one step, so that a half-made one is never used.</summary>
    [UnsupportedOSPlatform("windows")]
    private async Task MakeClusterAsync(CancellationToken cancellationToken)
    {
        // What a host that was killed has left; its initdb may still be ending, so this one gets a name of its own.
        await DiscardUnfinishedAsync();
        var incoming = Path.Combine(DataDirectory, $"postgres.incoming.{Guid.NewGuid():N}");
        var (made, password, log) = (Path.Combine(incoming, "cluster"), Path.Combine(incoming, "password"), Path.Combine(incoming, "log"));
        try
        {
            Directory.CreateDirectory(incoming, OwnerFolder);
            await File.WriteAllTextAsync(password, RandomNumberGenerator.GetHexString(48, lowercase: true), cancellationToken);
            File.SetUnixFileMode(password, OwnerFile);
            if (account.Owner is not null)
            {
                await ServerCommand.RunAsync(["chown", "-R", account.Owner, incoming], cancellationToken);
            }

            string[] initdb =
            [
                Path.Combine(BinDirectory, "initdb"), "--pgdata", made, "--username", LedgerName, "--pwfile", password,
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--data-checksums", .. durable ? [] : (string[])["--no-sync"],
            ];
            var status = await ServerCommand.RunOnLeashAsync(account.Prefix, log, initdb, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (status != 0)
            {
                throw new EmbeddedPostgresException($"PostgreSQL could not make a cluster in '{cluster}': {ReasonIn(log)}.");
            }

            File.Move(password, Path.Combine(made, Path.GetFileName(PasswordFile)));
            Directory.Move(made, cluster);
        }
        finally
        {
            await DiscardUnfinishedAsync();
        }
    }

    private Task DiscardUnfinishedAsync() =>
        ServerCommand.RunAsync(["rm", "-rf", "--", .. Directory.GetDirectories(DataDirectory, "postgres.incoming.*")], CancellationToken.None);

    /// <summary>
    /// Starts the server and waits until it answers. What passes is waited out: the server of a host that was killed is still
    /// ending, processes of a server that was killed still hold its memory, or another program has the port.
    /// </summary>
    private async Task StartServerAsync(bool mayMove, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            // Below the range that systems hand out to outgoing connections, so that none of those takes it between two runs.
            Port = mayMove ? Random.Shared.Next(20_000, 32_000) : Port;
            RemoveMisleadingPostmasterFile();
            var logged = File.Exists(Log) ? File.ReadLines(Log).Count() : 0;
            serverRun = ServerCommand.RunOnLeashAsync(account.Prefix, Log, ServerCommandLine(), ending.Token);
            string? failure = null;
            while (!serverRun.IsCompleted && Stopwatch.GetElapsedTime(began) < StartTimeout)
            {
                failure = await FailureToConnectAsync(cancellationToken);
                if (failure is null)
                {
                    ProcessId = PostmasterIn(await File.ReadAllTextAsync(PostmasterFile, cancellationToken));
                    logger.LogInformation("PostgreSQL runs as process {ProcessId} on 127.0.0.1:{Port} with the data in {Directory}", ProcessId, Port, cluster);
                    return;
                }

                await Task.WhenAny(serverRun, Task.Delay(Pause, cancellationToken));
            }

            cancellationToken.ThrowIfCancellationRequested();
            await (serverRun.IsFaulted ? serverRun : Task.CompletedTask);
            failure = (serverRun.IsCompleted ? ReasonIn(Log, logged) : null) ?? failure ?? "it ended at once";
            var passes = ((string[])["lock file", "shared memory block", "TCP/IP sockets"]).Any(cause => failure.Contains(cause, StringComparison.Ordinal));
            if (!passes || Stopwatch.GetElapsedTime(began) >= StartTimeout)
            {
                throw new EmbeddedPostgresException($"PostgreSQL did not start on '{cluster}': {failure} (see {Log}).");
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private List<string> ServerCommandLine()
    {
        var flag = durable ? "on" : "off";
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={Port}", "unix_socket_directories=", $"fsync={flag}", $"full_page_writes={flag}",
            "autovacuum_naptime=5s", // New tables grow fast: until they are looked at, statements keep the plans of empty ones.
            "synchronous_commit=on", "max_connections=200", "shared_buffers=128MB", "max_wal_size=2GB", "jit=off", "timezone=UTC",
            // The application answers for its own errors; the log keeps the server's life.
            "log_timezone=UTC", "log_min_messages=log", "log_checkpoints=off",
        ];
        return [Path.Combine(BinDirectory, "postgres"), "-D", cluster, .. settings.SelectMany(setting => (string[])["-c", setting])];
    }

    private NpgsqlConnectionStringBuilder ConnectionTo(string database) => new()
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = LedgerName,
        Password = File.ReadAllText(PasswordFile).Trim(),
        Database = database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    };

    /// <summary>Null when the server takes connections; then it has the ledger's database.</summary>
    private async Task<string?> FailureToConnectAsync(CancellationToken cancellationToken)
    {
        var target = ConnectionTo("postgres");
        (target.Pooling, target.Timeout) = (false, 5);
        try
        {
            await using var connection = new NpgsqlConnection(target.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var create = new NpgsqlCommand($"CREATE DATABASE {LedgerName}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (NpgsqlException e)
        {
            return e.SqlState == PostgresErrorCodes.DuplicateDatabase ? null : e.Message;
        }
    }

    /// <summary>The last reason to end that a program gave after so many lines of its log.</summary>
    private static string? ReasonIn(string log, int afterLines = 0) => File.Exists(log)
        ? File.ReadLines(log).Skip(afterLines).LastOrDefault(line => ((string[])["FATAL:", "PANIC:", "error:"]).Any(line.Contains))
        : null;

    /// <summary>
    /// PostgreSQL sees through a stale <c>postmaster.pid</c> by itself, unless a process has that number which is something else
    /// by now, or one that nobody has reaped (it has no memory left): then it would refuse to start.
    /// </summary>
    private void RemoveMisleadingPostmasterFile()
    {
        try
        {
            var note = File.ReadAllText(PostmasterFile);
            using var process = Process.GetProcessById(PostmasterIn(note));
            // A server works in its data directory: one of another cluster has another note there. Where the system does not let
            // us look, it may be ours.
            var theirs = $"/proc/{process.Id}/cwd/postmaster.pid";
            if (process.ProcessName != "postgres" || process.WorkingSet64 == 0 || (File.Exists(theirs) && File.ReadAllText(theirs) != note))
            {
                File.Delete(PostmasterFile);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or ArgumentException or InvalidOperationException)
        {
            // There is no note, or no such process.
        }
    }

    private static int PostmasterIn(string note) => int.TryParse(note.Split('\n')[0], CultureInfo.InvariantCulture, out var id) ? id : 0;

    /// <summary>Starts the server again whenever it dies, on its port, until the host ends.</summary>
    private async Task SuperviseAsync()
    {
        while (true)
        {
            await serverRun;
            if (ending.IsCancellationRequested)
            {
                logger.LogInformation("PostgreSQL (process {ProcessId}) was stopped", ProcessId);
                return;
            }

            logger.LogWarning("PostgreSQL (process {ProcessId}) has died: starting it again", ProcessId);
            try
            {
                await StartServerAsync(mayMove: false, ending.Token);
            }
            catch (Exception e) when (e is EmbeddedPostgresException or IOException)
            {
                logger.LogError(e, "PostgreSQL could not be started again");
                await Task.Delay(PauseAfterFailure, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
