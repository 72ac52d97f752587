using System.Diagnostics;

namespace Ledger.Embedded;

/// <summary>Runs a program to its end and keeps what it said.</summary>
internal static class ChildProcess
{
    /// <summary>How a program ended.</summary>
    /// <param name="ExitCode">0 means success.</param>
    /// <param name="Output">Standard output.</param>
    /// <param name="Error">Standard error.</param>
    internal sealed record Outcome(int ExitCode, string Output, string Error)
    {
        /// <summary>Whether the program reported success.</summary>
        public bool Succeeded => ExitCode == 0;

        /// <summary>The last line it said, standard error first: what programs of this kind put their reason in.</summary>
        public string LastLine => LastLineOf(Error) ?? LastLineOf(Output) ?? $"exit code {ExitCode}";

        private static string? LastLineOf(string text) =>
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
    }

    /// <summary>
    /// Runs <paramref name="command"/> (program, then arguments) in the root folder, in English, without the <c>PG…</c>
    /// variables of the caller, which would steer a server that is none of theirs. Cancelling kills the whole process tree.
    /// </summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program does not exist or may not be run.</exception>
    internal static async Task<Outcome> RunAsync(IEnumerable<string> command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var parts = command.ToList();
        var start = new ProcessStartInfo(parts[0], parts.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            // An unprivileged account may be unable to enter the host's working directory.
            WorkingDirectory = "/",
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";

        using var process = new Process { StartInfo = start };
        process.Start();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        return new Outcome(process.ExitCode, await output, await error);
    }
}
