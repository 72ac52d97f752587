using System.Diagnostics;

namespace Ledger.Embedded;

/// <summary>Asks the system about a server process, which is nobody's child and so cannot be waited for.</summary>
internal static class PostmasterProcess
{
    private const string ProgramName = "postgres";

    /// <summary>Whether the system knows a process of this number, be it what it may.</summary>
    internal static bool Exists(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether the process exists, is a PostgreSQL, and is more than an entry that nobody has reaped.</summary>
    internal static bool IsAlive(int processId)
    {
        if (!OperatingSystem.IsLinux())
        {
            try
            {
                using var process = Process.GetProcessById(processId);
                return !process.HasExited && process.ProcessName == ProgramName;
            }
            catch (ArgumentException)
            {
                return false;
            }
        }

        try
        {
            // "123 (postgres) S …": the state follows the name.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var (open, close) = (stat.IndexOf('('), stat.LastIndexOf(')'));
            return stat[(open + 1)..close] == ProgramName && stat[close + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            // The process went while it was looked at.
            return false;
        }
    }

    /// <summary>
    /// Whether the process may serve the cluster in <paramref name="data"/>: a server's working directory is its data directory.
    /// A process id that was used again for another cluster's server does not. Where the system does not tell (a container may withhold it even
    /// from root), it may.
    /// </summary>
    /// <param name="processId">A process for which <see cref="IsAlive"/> holds.</param>
    /// <param name="data">The cluster.</param>
    /// <param name="token">The name of a file that was just made in <paramref name="data"/> and is nowhere else.</param>
    internal static bool MayServe(int processId, string data, string token)
    {
        var workingDirectory = $"/proc/{processId}/cwd";
        return !Directory.Exists(workingDirectory) || File.Exists(Path.Combine(workingDirectory, token));
    }
}
