namespace Ledger.Http.Embedded;

/// <summary>
/// The account that the server runs as. PostgreSQL refuses to run as root, so a host that is root hands it to the owner of the
/// existing cluster, else to <c>postgres</c>, else to <c>nobody</c>.
/// </summary>
/// <param name="Prefix">What goes before a command so that this account runs it; nothing when the host is this account.</param>
/// <param name="Owner">User and group as <c>chown</c> takes them; null when the host is this account.</param>
internal sealed record ServerAccount(IReadOnlyList<string> Prefix, string? Owner)
{
    private const string WhichAccount = """
        stat -c '%u %g %U' -- "$1" 2>/dev/null | grep -v '^0 ' && exit
        for name in postgres nobody; do
            id -u "$name" >/dev/null 2>&1 && exec echo "$(id -u "$name") $(id -g "$name") $name"
        done
        """;

    /// <summary>Chooses the account and a way to become it by which it can reach the data and the programs.</summary>
    /// <exception cref="EmbeddedPostgresException">There is none.</exception>
    internal static async Task<ServerAccount> ChooseAsync(string root, string binDirectory, ILogger logger, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ServerAccount([], null);
        }

        var answer = await ServerCommand.RunAsync(["/bin/sh", "-c", WhichAccount, "sh", Path.Combine(root, "postgres")], cancellationToken);
        if (answer.StandardOutput.Trim().Split(' ') is [var user, var group, var name])
        {
            string[] setpriv = ["setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups"];
            // A folder such as a clone below /root is closed to every other account. There the server gets the one capability that
            // opens it: to read and search any folder, or, where a container withholds that one, to override file permissions.
            // Without the secure bit access(2), by which initdb finds its sibling programs, would leave the capability out.
            var capable = ((string[])["dac_read_search", "dac_override"]).Select(capability => (string[])
                [.. setpriv, "--securebits=+no_setuid_fixup", $"--inh-caps=+{capability}", $"--ambient-caps=+{capability}", "--"]);
            string[] canEnter = ["/bin/sh", "-c", "cd -- \"$1\" && test -x \"$2/postgres\"", "sh", root, binDirectory];
            foreach (var prefix in (string[][])[[.. setpriv, "--"], ["/sbin/runuser", "-u", name, "--"], .. capable])
            {
                if ((await ServerCommand.RunAsync([.. prefix, .. canEnter], cancellationToken)).IsSuccess)
                {
                    logger.LogDebug("PostgreSQL refuses to run as root: it runs as {Account}, by {Command}", name, string.Join(' ', prefix));
                    return new ServerAccount(prefix, $"{user}:{group}");
                }
            }
        }

        throw new EmbeddedPostgresException(
            $"PostgreSQL refuses to run as root, and no account 'postgres' or 'nobody' that setpriv or runuser can become can enter '{root}' and "
            + $"'{binDirectory}': start the host as an ordinary account, or set Ledger:DataDirectory to a folder that every account can enter.");
    }
}
