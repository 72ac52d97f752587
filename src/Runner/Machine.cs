using Ledger.Runner.Execution;
using Ledger.Runner.Folders;

namespace Ledger.Runner;

/// <summary>What this runner needs of the machine it runs on.</summary>
internal static class Machine
{
    /// <summary>Makes ready to run; returns one sentence when this machine does not suit, else null.</summary>
    public static string? Prepare(RunnerOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "This runner ends whole process groups and checks in /proc that nothing is left, which works on Linux only.";
        }

        if (ProcessGroup.FindSetsid() is null)
        {
            return "This runner needs the setsid program (util-linux) on its PATH to give each run a process group of its own.";
        }

        Posix.StopIgnoringInterrupt();
        try
        {
            // Output may hold secrets of the tests: it is for the owner alone.
            RunFolders.CreatePrivate(options.LogDirectory);
            RunFolders.CreatePrivate(options.DataDirectory);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"--log-directory or --data-directory cannot be made: {e.Message}";
        }
    }
}
