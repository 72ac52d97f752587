using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Embedded;

/// <summary>The server of one cluster: reaching it, starting it, stopping it. Only the owner starts and stops.</summary>
internal sealed class Server(ClusterFolder folder, ServerPrograms programs, EmbeddedPostgresOptions options, ILogger logger)
{
    private const string TokenPrefix = "ledger.token.";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider time = options.TimeProvider;
    private ServerAccount? account;

    /// <summary>
    /// Makes sure, as the owner, that a server runs and has the ledger's database: one that outlived its host is adopted, else
    /// the cluster is made if need be and a server started.
    /// </summary>
    /// <param name="fixedPort">The port to keep; null: the last one if it is free, else any.</param>
    /// <param name="cancellationToken">Ends the attempt; what was being started is killed.</param>
    internal async Task<RunningServer> EnsureRunningAsync(int? fixedPort, CancellationToken cancellationToken)
    {
        if (folder.Major is null)
        {
            logger.LogInformation("Making a PostgreSQL {Version} cluster in {Directory}", programs.Version, folder.Data);
            account = await ServerAccount.ChooseAsync(folder, programs.BinDirectory, logger, cancellationToken);
            await NewCluster.CreateAsync(folder, programs, account, options.Durable, cancellationToken);
        }

        foreach (var leftover in Directory.EnumerateFiles(folder.Data, TokenPrefix + "*"))
        {
            File.Delete(leftover);
        }

        var running = await AdoptAsync(cancellationToken);
        if (running is null)
        {
            running = await StartAsync(fixedPort, cancellationToken);
            logger.LogInformation(
                "PostgreSQL {Version} runs as process {ProcessId} on 127.0.0.1:{Port} with the data in {Directory}",
                programs.Version, running.ProcessId, running.Port, folder.Data);
        }

        await EnsureDatabaseAsync(running.Port, cancellationToken);
        return running;
    }

    /// <summary>The running server, verified to serve this very cluster, or null when none answers now.</summary>
    internal async Task<RunningServer?> TryReachAsync(string database, CancellationToken cancellationToken)
    {
        if (PostmasterFile.Read(folder.PostmasterFile) is not { IsReady: true, Port: { } port } file
            || !PostmasterProcess.IsAlive(file.ProcessId))
        {
            return null;
        }

        var token = MakeToken();
        try
        {
            await using var connection = Connection(port, database);
            await connection.OpenAsync(cancellationToken);
            await using var question = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_ls_dir('.') AS file WHERE file = $1)", connection)
            {
                Parameters = { new NpgsqlParameter { Value = token } },
            };
            return await question.ExecuteScalarAsync(cancellationToken) is true ? new RunningServer(file.ProcessId, port) : null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            throw new EmbeddedPostgresException(
                $"PostgreSQL refuses the password in '{folder.PasswordFile}': put the one there that the server's user {ClusterFolder.LedgerName} has.", e);
        }
        catch (NpgsqlException e)
        {
            logger.LogDebug(e, "PostgreSQL on 127.0.0.1:{Port} does not answer yet", port);
            return null;
        }
        finally
        {
            File.Delete(Path.Combine(folder.Data, token));
        }
    }

    /// <summary>Stops the server, as the owner, without waiting for its clients to leave; does nothing when none runs.</summary>
    internal async Task StopAsync()
    {
        foreach (var mode in (string[])["fast", "immediate"])
        {
            if (PostmasterFile.Read(folder.PostmasterFile) is not { ProcessId: var processId } || !IsOurs(processId))
            {
                return;
            }

            var stop = await PgCtlAsync(["stop", "--mode", mode, "--timeout", "30"], CancellationToken.None);
            if (stop.Succeeded)
            {
                logger.LogInformation("PostgreSQL (process {ProcessId}) was stopped", processId);
                return;
            }

            logger.LogWarning("PostgreSQL (process {ProcessId}) did not stop in mode {Mode}: {Reason}", processId, mode, stop.LastLine);
        }
    }

    /// <summary>Takes over a server that outlived its host; null when there is none.</summary>
    private async Task<RunningServer?> AdoptAsync(CancellationToken cancellationToken)
    {
        if (await WaitUntilReachableAsync(cancellationToken) is not { } running)
        {
            RemoveMisleadingPostmasterFile();
            return null;
        }

        ServerSettings.Write(folder.Data, running.Port, options);
        await ExecuteAsync(running.Port, "SELECT pg_reload_conf()", cancellationToken);
        logger.LogInformation(
            "Adopted the PostgreSQL that an earlier host left: process {ProcessId} on 127.0.0.1:{Port}", running.ProcessId, running.Port);
        return running;
    }

    /// <summary>Waits while the server starts, recovers or stops; null when there is none, or it has gone.</summary>
    private async Task<RunningServer?> WaitUntilReachableAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (PostmasterFile.Read(folder.PostmasterFile) is { } file && IsOurs(file.ProcessId))
        {
            if (await TryReachAsync("postgres", cancellationToken) is { } running)
            {
                return running;
            }

            if (time.GetElapsedTime(began) > options.StartTimeout)
            {
                throw new EmbeddedPostgresException(
                    $"PostgreSQL (process {file.ProcessId}) runs on '{folder.Data}' but does not answer: end it, then start the host again.");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }

        return null;
    }

    /// <summary>
    /// PostgreSQL sees through a stale <c>postmaster.pid</c> by itself, unless a process has that number which is something else
    /// by now, or one that nobody has reaped: then it would refuse to start.
    /// </summary>
    private void RemoveMisleadingPostmasterFile()
    {
        if (PostmasterFile.Read(folder.PostmasterFile) is { } stale && PostmasterProcess.Exists(stale.ProcessId))
        {
            File.Delete(folder.PostmasterFile);
        }
    }

    private bool IsOurs(int processId)
    {
        if (!PostmasterProcess.IsAlive(processId))
        {
            return false;
        }

        var token = MakeToken();
        try
        {
            return PostmasterProcess.MayServe(processId, folder.Data, token);
        }
        finally
        {
            File.Delete(Path.Combine(folder.Data, token));
        }
    }

    private async Task<RunningServer> StartAsync(int? fixedPort, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var port = fixedPort ?? ServerSettings.LastPort(folder.Data);
        folder.BoundLog();
        while (true)
        {
            if (fixedPort is null && (port is null || !LoopbackPort.IsFree(port.Value)))
            {
                port = LoopbackPort.Free();
            }

            ServerSettings.Write(folder.Data, port!.Value, options);
            var log = new FileInfo(folder.LogFile);
            var logged = log.Exists ? log.Length : 0;
            var timeout = Math.Ceiling(options.StartTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            // pg_ctl gives the server a session of its own: a terminal's Ctrl+C reaches the host, not the database.
            var start = await PgCtlAsync(["start", "--log", folder.LogFile, "--timeout", timeout], cancellationToken);
            if (start.Succeeded && await WaitUntilReachableAsync(cancellationToken) is { } running)
            {
                return running;
            }

            var failure = ServerLog.FailureAfter(folder.LogFile, logged) ?? start.LastLine;
            var mayPass = failure.Contains("shared memory block", StringComparison.Ordinal)
                || failure.Contains("lock file", StringComparison.Ordinal)
                || (fixedPort is null && failure.Contains("TCP/IP sockets", StringComparison.Ordinal));
            if (!mayPass || time.GetElapsedTime(began) > options.StartTimeout)
            {
                throw new EmbeddedPostgresException($"PostgreSQL did not start on '{folder.Data}': {failure} (see {folder.LogFile}).");
            }

            // Processes of a server that was killed still hold its memory for a moment, or another program took the port, or the
            // pg_ctl of a host that was killed was quicker.
            await Task.Delay(Pause, time, cancellationToken);
            if (await WaitUntilReachableAsync(cancellationToken) is { } other)
            {
                return other;
            }
        }
    }

    private async Task<ChildProcess.Outcome> PgCtlAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        account ??= await ServerAccount.ChooseAsync(folder, programs.BinDirectory, logger, cancellationToken);
        string[] command = [programs.PgCtl, "--pgdata", folder.Data, "--wait", "--silent", .. arguments];
        return await ChildProcess.RunAsync(account.Command(command), cancellationToken);
    }

    private async Task EnsureDatabaseAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(port, $"CREATE DATABASE {ClusterFolder.LedgerName}", cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Made at an earlier start.
        }
    }

    private async Task ExecuteAsync(int port, string sql, CancellationToken cancellationToken)
    {
        await using var connection = Connection(port, "postgres");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlConnection Connection(int port, string database) =>
        new(new NpgsqlConnectionStringBuilder(folder.ConnectionString(port, database)) { Pooling = false, Timeout = 5 }.ConnectionString);

    /// <summary>Makes a file in the cluster by which the server can show that it serves this folder and not a copy of it.</summary>
    private string MakeToken()
    {
        var token = TokenPrefix + Guid.NewGuid().ToString("N");
        ServerSettings.WriteReadable(Path.Combine(folder.Data, token), "");
        return token;
    }
}
