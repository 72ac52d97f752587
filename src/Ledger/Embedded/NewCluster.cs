using System.Security.Cryptography;

namespace Ledger.Embedded;

/// <summary>Makes a cluster: first beside its place, then moved there in one step, so that a half-made one is never used.</summary>
internal static class NewCluster
{
    /// <summary>Makes the cluster of <paramref name="folder"/>. The caller holds the <see cref="HostLock"/>.</summary>
    /// <exception cref="EmbeddedPostgresException"><c>initdb</c> failed; the message carries its reason.</exception>
    internal static async Task CreateAsync(
        ClusterFolder folder, ServerPrograms programs, ServerAccount account, bool durable, CancellationToken cancellationToken)
    {
        Discard(folder);
        Directory.CreateDirectory(folder.Incoming);
        UnixRights.Set(folder.Incoming, UnixRights.OwnerFolder);
        await account.TakeOverAsync(folder.Incoming, cancellationToken);
        try
        {
            var cluster = Path.Combine(folder.Incoming, "cluster");
            var password = Path.Combine(folder.Incoming, ClusterFolder.PasswordFileName);
            // The folder around it is closed already.
            await File.WriteAllTextAsync(password, RandomNumberGenerator.GetHexString(48, lowercase: true), cancellationToken);
            UnixRights.Set(password, UnixRights.OwnerFile);
            await account.TakeOverAsync(password, cancellationToken);

            string[] initdb =
            [
                programs.Initdb, "--pgdata", cluster, "--username", ClusterFolder.LedgerName, "--pwfile", password,
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--data-checksums",
            ];
            var made = await ChildProcess.RunAsync(account.Command(durable ? initdb : [.. initdb, "--no-sync"]), cancellationToken);
            if (!made.Succeeded)
            {
                throw new EmbeddedPostgresException($"PostgreSQL could not make a cluster in '{folder.Data}': {made.LastLine}.");
            }

            await File.AppendAllTextAsync(
                Path.Combine(cluster, "postgresql.conf"), $"\ninclude_if_exists '{ServerSettings.FileName}'\n", cancellationToken);
            File.Move(password, Path.Combine(cluster, ClusterFolder.PasswordFileName));
            Directory.Move(cluster, folder.Data);
        }
        finally
        {
            Discard(folder);
        }
    }

    private static void Discard(ClusterFolder folder)
    {
        if (Directory.Exists(folder.Incoming))
        {
            Directory.Delete(folder.Incoming, recursive: true);
        }
    }
}
