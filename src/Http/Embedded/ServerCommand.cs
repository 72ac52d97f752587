using System.ComponentModel;
using CliWrap;
using CliWrap.Buffered;

namespace Ledger.Http.Embedded;

/// <summary>
/// Runs programs in the root folder, which every account can enter, in English, and without the <c>PG…</c> variables of the
/// caller, which would steer a server that is none of theirs.
/// </summary>
internal static class ServerCommand
{
    /// <summary>
    /// Runs a command with its output in the file <c>$1</c>, and interrupts it when standard input closes: the host lets go of the
    /// pipe, or has gone, however it went. A program that is only just starting may not heed the first interrupt, so there are
    /// more; the last word is SIGQUIT, PostgreSQL's immediate stop. Signals that end the host do not end the shell.
    /// </summary>
    private const string Leash = """
        trap '' HUP INT TERM
        exec 3<&0
        log=$1
        shift
        "$@" </dev/null 3<&- >>"$log" 2>&1 &
        command=$!
        {
            read -r line <&3
            n=0
            while [ "$n" -lt 120 ] && kill -INT "$command"; do
                n=$((n + 1))
                sleep 0.5
            done
            kill -QUIT "$command"
        } >/dev/null 2>&1 &
        watcher=$!
        wait "$command"
        status=$?
        kill -KILL "$watcher"
        wait "$watcher"
        exit "$status"
        """;

    /// <summary>The exit code, as a shell has it, for a program that does not exist or may not be run.</summary>
    internal const int NoSuchProgram = 127;

    /// <summary>Runs a command to its end; cancelling kills it and its children.</summary>
    internal static async Task<BufferedCommandResult> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        try
        {
            return await Prepare(command).ExecuteBufferedAsync(cancellationToken);
        }
        catch (Win32Exception e)
        {
            return new BufferedCommandResult(NoSuchProgram, default, default, "", e.Message);
        }
    }

    /// <summary>
    /// Runs a command, which has to end at SIGINT, until it ends by itself, <paramref name="ending"/> is cancelled, or this process
    /// has gone. Its output is added to <paramref name="log"/>.
    /// </summary>
    /// <returns>Its exit code.</returns>
    internal static async Task<int> RunOnLeashAsync(
        IReadOnlyList<string> account, string log, IReadOnlyList<string> command, CancellationToken ending)
    {
        // A session of its own: neither a terminal's Ctrl+C nor a kill of the host's process group reaches it.
        string[] session = OperatingSystem.IsLinux() ? ["setsid"] : [];
        var run = await Prepare([.. account, .. session, "/bin/sh", "-c", Leash, "sh", log, .. command])
            .WithStandardInputPipe(PipeSource.Create(async (_, exited) =>
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(ending, exited);
                await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }))
            .ExecuteAsync(CancellationToken.None);
        return run.ExitCode;
    }

    private static Command Prepare(IReadOnlyList<string> command)
    {
        var environment = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith("PG", StringComparison.Ordinal))
            .ToDictionary(name => name, _ => (string?)null, StringComparer.Ordinal);
        environment["LC_ALL"] = "C";
        return Cli.Wrap(command[0])
            .WithArguments(command.Skip(1))
            .WithWorkingDirectory("/")
            .WithEnvironmentVariables(environment)
            .WithValidation(CommandResultValidation.None);
    }
}
