using System.Globalization;

namespace Ledger.Embedded;

/// <summary>What PostgreSQL's <c>postmaster.pid</c> says about a server.</summary>
/// <param name="ProcessId">The server's first process.</param>
/// <param name="Port">Null while the server has not yet written it.</param>
/// <param name="IsReady">Whether the server takes connections.</param>
internal sealed record PostmasterFile(int ProcessId, int? Port, bool IsReady)
{
    /// <summary>Reads the file; null when there is none, or none that makes sense yet.</summary>
    internal static PostmasterFile? Read(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }

        // Line 1: process, 2: data directory, 3: start time, 4: port, 5 and 6: addresses, 7: shared memory, 8: status.
        return Number(0) is { } processId
            ? new PostmasterFile(processId, Number(3), lines.Length > 7 && lines[7].Trim() == "ready")
            : null;

        int? Number(int line) =>
            lines.Length > line && int.TryParse(lines[line], CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
