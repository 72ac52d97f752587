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
            return "This runner keeps hold of all that a run starts and proves that nothing is left, which works on Linux only.";
        }

        try
        {
            // Output may hold secrets of the tests: it is for the owner alone.
            RunFolders.CreatePrivate(options.LogDirectory);
            RunFolders.CreatePrivate(options.DataDirectory);
            return options.RunAs is { } user ? Prepare(options, user) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"--log-directory or --data-directory cannot be made: {e.Message}";
        }
    }

    // Runs of another user find their own directory by its name; nobody but the runner can list what is beside it.
    private static string? Prepare(RunnerOptions options, UserAccount user)
    {
        RunFolders.OpenToOthers(options.DataDirectory);
        foreach (var path in new[] { options.DataDirectory, options.WorkDirectory })
        {
            for (var directory = path; directory is not null; directory = Path.GetDirectoryName(directory))
            {
                if ((File.GetUnixFileMode(directory) & UnixFileMode.OtherExecute) == UnixFileMode.None)
                {
                    return $"{user.Name}, whom --run-as names, cannot enter {path}, because {directory} is closed to others; "
                        + "name other directories by --data-directory and --work-directory.";
                }
            }
        }

        return null;
    }
}
