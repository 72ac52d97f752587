using System.Diagnostics;

namespace Ledger.Support;

/// <summary>
/// A small shell process that outlives this one, however this one ends: when the pipe between them closes, it stops the
/// PostgreSQL in a folder, if one still runs, and deletes the folder.
/// </summary>
public sealed class Caretaker
{
    // SIGQUIT is PostgreSQL's immediate stop; the data is thrown away in any case. Again and again, because an initdb of a killed
    // host still writes while the folder is being deleted.
    private const string Script = """
        exec >/dev/null 2>&1
        trap '' INT TERM HUP
        cat
        n=0
        while [ -e "$1" ] && [ "$n" -lt 200 ]; do
            if read -r pid < "$1/postgres/postmaster.pid" && kill -QUIT "$pid"; then
                [ "$n" -lt 100 ] || kill -KILL "$pid"
            else
                rm -rf -- "$1"
            fi
            n=$((n + 1))
            [ ! -e "$1" ] || sleep 0.05
        done
        rm -rf -- "$1"
        """;

    private readonly Process shell;

    private Caretaker(Process shell) => this.shell = shell;

    /// <summary>Starts a caretaker for <paramref name="folder"/>, a data directory that need not exist yet.</summary>
    public static Caretaker Of(string folder)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", folder])
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        return new Caretaker(Process.Start(start)!);
    }

    /// <summary>Cleans up now and waits for it.</summary>
    public void CleanUp()
    {
        shell.StandardInput.Close();
        shell.WaitForExit(TimeSpan.FromSeconds(30));
    }
}
