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
        DiscardUnfinished(folder.Root);
        var incoming = Path.Combine(folder.Root, ClusterFolder.IncomingPrefix + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(incoming);
        UnixRights.Set(incoming, UnixRights.OwnerFolder);
        await account.TakeOverAsync(incoming, cancellationToken);
        try
        {
            var cluster = Path.Combine(incoming, "cluster");
            var password = Path.Combine(incoming, ClusterFolder.PasswordFileName);
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
            DiscardUnfinished(folder.Root);
        }
    }

    /// <summary>
    /// Deletes what is left of unfinished clusters. The <c>initdb</c> of a host that was killed may still be at work in one: it
    /// fails when its files go, and what it writes meanwhile waits for the next time.
    /// </summary>
    private static void DiscardUnfinished(string root)
    {
        foreach (var leftover in Directory.EnumerateDirectories(root, ClusterFolder.IncomingPrefix + "*"))
        {
            try
            {
                Directory.Delete(leftover, recursive: true);
            }
            catch (IOException)
            {
                // Files came and went while they were being deleted; no later step looks into this folder.
            }
        }
    }
}
