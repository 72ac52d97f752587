using System.ComponentModel;
using Microsoft.Extensions.Logging;

namespace Ledger.Embedded;

/// <summary>
/// The account that the server runs as. PostgreSQL refuses to run as root, so a host that is root hands it to the owner of
/// the existing cluster, else to <c>postgres</c>, else to <c>nobody</c>.
/// </summary>
internal sealed class ServerAccount
{
    private const string ReadOnlyCapability = "dac_read_search";

    private readonly string? owner;
    private readonly Func<IEnumerable<string>, IEnumerable<string>> launch;

    private ServerAccount(string? owner, Func<IEnumerable<string>, IEnumerable<string>> launch)
    {
        this.owner = owner;
        this.launch = launch;
    }

    /// <summary>Chooses the account and the way to become it, and sees that it can reach what it needs.</summary>
    /// <param name="folder">The data directory; its root must exist.</param>
    /// <param name="binDirectory">The server programs.</param>
    /// <param name="logger">Told when the account needs a capability.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="EmbeddedPostgresException">There is no such account, or it cannot reach the data directory.</exception>
    internal static async Task<ServerAccount> ChooseAsync(
        ClusterFolder folder, string binDirectory, ILogger logger, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ServerAccount(null, command => command);
        }

        var (user, group) = await OwnerOfAsync(folder.Data, cancellationToken)
            ?? await IdsOfAsync("postgres", cancellationToken)
            ?? await IdsOfAsync("nobody", cancellationToken)
            ?? throw new EmbeddedPostgresException(
                "PostgreSQL refuses to run as root and this machine has neither an account 'postgres' nor 'nobody': "
                + "start the host as an ordinary account.");

        var becomesAccount = false;
        foreach (var (capability, launch) in WaysToBecome(user, group))
        {
            if (!await SucceedsAsync(launch(["true"]), cancellationToken))
            {
                continue;
            }

            becomesAccount = true;
            if (await SucceedsAsync(launch(["sh", "-c", "cd -- \"$1\" && test -x \"$2/postgres\"", "sh", folder.Root, binDirectory]), cancellationToken))
            {
                if (capability is not null)
                {
                    logger.Log(
                        capability == ReadOnlyCapability ? LogLevel.Information : LogLevel.Warning,
                        "PostgreSQL runs as user {User} with the capability {Capability}, because {Directory} or {BinDirectory} is closed to other accounts",
                        user, capability, folder.Root, binDirectory);
                }

                return new ServerAccount($"{user}:{group}", launch);
            }
        }

        throw new EmbeddedPostgresException(becomesAccount
            ? $"PostgreSQL refuses to run as root, and the account it runs as instead (user {user}) cannot enter '{folder.Root}' "
                + $"or '{binDirectory}': set Ledger:DataDirectory to a folder that every account can enter."
            : "PostgreSQL refuses to run as root and none of setpriv, runuser and su can change to another account here: "
                + "start the host as an ordinary account.");
    }

    /// <summary>The command line that runs <paramref name="command"/> as this account.</summary>
    internal IEnumerable<string> Command(IEnumerable<string> command) => launch(command);

    /// <summary>Gives <paramref name="path"/> to this account; nothing to do when the host runs as it already.</summary>
    internal async Task TakeOverAsync(string path, CancellationToken cancellationToken)
    {
        if (owner is null)
        {
            return;
        }

        var answer = await ChildProcess.RunAsync([Tool("chown"), owner, path], cancellationToken);
        if (!answer.Succeeded)
        {
            throw new EmbeddedPostgresException($"The folder '{path}' cannot be given to the server's account: {answer.LastLine}.");
        }
    }

    /// <summary>
    /// The ways to change account, the least powerful first. A folder such as a clone below <c>/root</c> is closed to every
    /// other account; there the server gets the one capability that opens it: to read and search any folder, or, where a
    /// container withholds that one, to override file permissions.
    /// </summary>
    private static IEnumerable<(string? Capability, Func<IEnumerable<string>, IEnumerable<string>> Launch)> WaysToBecome(string user, string group)
    {
        var setpriv = ProgramPath.Find("setpriv");
        string[] change = [setpriv ?? "", $"--reuid={user}", $"--regid={group}", "--clear-groups"];
        if (setpriv is not null)
        {
            yield return (null, command => [.. change, "--", .. command]);
        }

        if (ProgramPath.Find("runuser") is { } runuser)
        {
            yield return (null, command => [runuser, "-u", NameOf(user), "--", .. command]);
        }

        if (ProgramPath.Find("su") is { } su)
        {
            yield return (null, command => [su, "-s", "/bin/sh", NameOf(user), "-c", "exec " + string.Join(' ', command.Select(Quote))]);
        }

        if (setpriv is not null)
        {
            foreach (var capability in (string[])[ReadOnlyCapability, "dac_override"])
            {
                // Without the secure bit access(2), by which initdb finds its sibling programs, would leave the capability out.
                yield return (capability, command =>
                    [.. change, "--securebits=+no_setuid_fixup", $"--inh-caps=+{capability}", $"--ambient-caps=+{capability}", "--", .. command]);
            }
        }
    }

    private static async Task<bool> SucceedsAsync(IEnumerable<string> command, CancellationToken cancellationToken)
    {
        try
        {
            return (await ChildProcess.RunAsync(command, cancellationToken)).Succeeded;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(string User, string Group)?> OwnerOfAsync(string path, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
        {
            return null;
        }

        string[] format = OperatingSystem.IsMacOS() ? ["-f", "%u %g"] : ["-c", "%u %g"];
        var answer = await ChildProcess.RunAsync([Tool("stat"), .. format, path], cancellationToken);
        return answer.Succeeded && answer.Output.Trim().Split(' ') is [var user, var group] && user != "0" ? (user, group) : null;
    }

    private static async Task<(string User, string Group)?> IdsOfAsync(string name, CancellationToken cancellationToken)
    {
        var user = await ChildProcess.RunAsync([Tool("id"), "-u", name], cancellationToken);
        var group = await ChildProcess.RunAsync([Tool("id"), "-g", name], cancellationToken);
        return user.Succeeded && group.Succeeded ? (user.Output.Trim(), group.Output.Trim()) : null;
    }

    /// <summary>runuser and su want a name where setpriv takes a number.</summary>
    private static string NameOf(string user) =>
        File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > 2 && fields[2] == user)?[0] ?? user;

    private static string Quote(string argument) => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Tool(string name) => ProgramPath.Find(name)
        ?? throw new EmbeddedPostgresException($"The host runs as root and needs the program '{name}' to start PostgreSQL as another account: install it.");
}
