namespace Ledger.Runner;

/// <summary>The user that runs execute as, where the runner may change it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Home">Its home directory.</param>
/// <param name="Id">The user.</param>
/// <param name="GroupId">Its main group.</param>
/// <param name="Groups">All of its groups.</param>
internal sealed record UserAccount(string Name, string Home, uint Id, uint GroupId, uint[] Groups)
{
    /// <summary>Finds a user of this machine by its name; null if there is none.</summary>
    public static UserAccount? Find(string name)
    {
        // name, password, user, group, full name, home, shell
        if (Lines("/etc/passwd", 7).FirstOrDefault(fields => fields[0] == name) is not { } user)
        {
            return null;
        }

        // name, password, group, members
        var groups = Lines("/etc/group", 4).Where(fields => fields[3].Split(',').Contains(name)).Select(fields => uint.Parse(fields[2]));
        var groupId = uint.Parse(user[3]);
        return new UserAccount(name, user[5], uint.Parse(user[2]), groupId, [.. groups.Append(groupId).Distinct()]);
    }

    private static IEnumerable<string[]> Lines(string file, int fields) =>
        File.ReadLines(file).Select(line => line.Split(':')).Where(line => line.Length >= fields);
}

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

        // Output may hold secrets of the tests: it is for the owner alone.
        string? unsuitable = null;
        var problem = Files.Try(() =>
        {
            Files.CreatePrivate(options.LogDirectory);
            Files.CreatePrivate(options.DataDirectory);
            unsuitable = options.RunAs is null ? null : Open(options);
        });
        return problem is null ? unsuitable : $"--log-directory or --data-directory cannot be made: {problem}";
    }

    // Runs of another user find their own directory by its name; nobody but the runner can list what is beside it.
    private static string? Open(RunnerOptions options)
    {
        Files.OpenToOthers(options.DataDirectory);
        foreach (var path in new[] { options.DataDirectory, options.WorkDirectory })
        {
            for (var directory = path; directory is not null; directory = Path.GetDirectoryName(directory))
            {
                if ((File.GetUnixFileMode(directory) & UnixFileMode.OtherExecute) == UnixFileMode.None)
                {
                    return $"{options.RunAs!.Name}, whom --run-as names, cannot enter {path}, because {directory} is closed to others; "
                        + "name other directories by --data-directory and --work-directory.";
                }
            }
        }

        return null;
    }
}
