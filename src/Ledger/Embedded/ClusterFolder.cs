using System.Globalization;
using Npgsql;

namespace Ledger.Embedded;

/// <summary>What lies where in a data directory.</summary>
/// <param name="Root">The data directory, as a full path.</param>
internal sealed record ClusterFolder(string Root)
{
    /// <summary>The name of the database and of its superuser.</summary>
    internal const string LedgerName = "ledger";

    /// <summary>PostgreSQL's own data directory.</summary>
    internal string Data => Path.Combine(Root, "postgres");

    /// <summary>How the folders begin in which a new cluster is made; it moves to <see cref="Data"/> when it is complete.</summary>
    internal const string IncomingPrefix = "postgres.incoming.";

    /// <summary>See <see cref="HostLock"/>.</summary>
    internal string LockFile => Path.Combine(Root, "host.lock");

    /// <summary>The superuser's password, readable by the server's account alone.</summary>
    internal string PasswordFile => Path.Combine(Data, PasswordFileName);

    /// <summary>The name of the password file inside the cluster.</summary>
    internal const string PasswordFileName = "ledger.password";

    /// <summary>What the server says. Bounded: see <see cref="BoundLog"/>.</summary>
    internal string LogFile => Path.Combine(Data, "ledger.log");

    /// <summary>PostgreSQL's file about the running server; gone after an orderly stop.</summary>
    internal string PostmasterFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>The major version of the cluster, or null when there is no cluster yet.</summary>
    internal int? Major
    {
        get
        {
            var file = Path.Combine(Data, "PG_VERSION");
            return File.Exists(file) ? int.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture) : null;
        }
    }

    /// <summary>How to reach a server of this cluster that listens on <paramref name="port"/>.</summary>
    /// <exception cref="EmbeddedPostgresException">The cluster is there but its password is not.</exception>
    internal string ConnectionString(int port, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = LedgerName,
        Password = ReadPassword(),
        Database = database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>Keeps the log of a server that is started again and again from growing without a bound.</summary>
    internal void BoundLog()
    {
        const long limit = 4 << 20;
        var log = new FileInfo(LogFile);
        if (log.Exists && log.Length > limit)
        {
            log.MoveTo(LogFile + ".previous", overwrite: true);
        }
    }

    private string ReadPassword() => File.Exists(PasswordFile)
        ? File.ReadAllText(PasswordFile).Trim()
        : throw new EmbeddedPostgresException(
            $"The cluster in '{Data}' has lost its password file {PasswordFileName}: restore it, or choose another Ledger:DataDirectory.");
}
