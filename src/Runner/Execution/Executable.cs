namespace Ledger.Runner.Execution;

/// <summary>Finds programs the way a shell does.</summary>
internal static class Executable
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The full path of a program, or null if it is not there or not executable.</summary>
    /// <param name="name">A path, or a name to look up.</param>
    /// <param name="searchPath">Directories with colons between them.</param>
    /// <param name="directory">Where relative paths begin.</param>
    public static string? Find(string name, string? searchPath, string directory)
    {
        if (name.Contains('/'))
        {
            return OrNull(Path.Combine(directory, name));
        }

        return (searchPath ?? "/usr/local/bin:/usr/bin:/bin")
            .Split(':')
            .Select(d => OrNull(Path.Combine(directory, d, name)))
            .FirstOrDefault(found => found is not null);
    }

    private static string? OrNull(string path)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(path))
        {
            return null;
        }

        try
        {
            return (File.GetUnixFileMode(path) & AnyExecute) != UnixFileMode.None ? path : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
