namespace Ledger.Runner;

/// <summary>Work on files and directories that others may be in the way of.</summary>
internal static class Files
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Whether an exception says that the system did not do what was asked of a file.</summary>
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>Does something and returns what the system says against it; null if nothing.</summary>
    public static string? Try(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return e.Message;
        }
    }

    /// <summary>What is asked for, or something else if the system does not give it.</summary>
    public static T Try<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return otherwise;
        }
    }

    /// <summary>What is asked for, on behalf of a run that is no use without.</summary>
    /// <param name="problem">The beginning of the sentence that says so.</param>
    /// <param name="open">Asks.</param>
    /// <exception cref="UnusableSpecException">The system does not give it.</exception>
    public static T Needed<T>(string problem, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw new UnusableSpecException($"{problem}: {e.Message}");
        }
    }

    /// <summary>Makes a directory that only this user can enter, and those above it.</summary>
    public static void CreatePrivate(string path) => Directory.CreateDirectory(path, Owner);

    /// <summary>Lets other users go through a directory to one whose name they know, without seeing what else is there.</summary>
    public static void OpenToOthers(string path) =>
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    /// <summary>
    /// Deletes a directory with all that is in it, also where a run took away its own right to write. Symbolic links are deleted, never
    /// followed.
    /// </summary>
    /// <exception cref="IOException">Something cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">Something cannot be deleted.</exception>
    public static void DeleteTree(string path)
    {
        if (Directory.Exists(path) && Try(() => Directory.Delete(path, recursive: true)) is not null)
        {
            MakeWritable(new DirectoryInfo(path));
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Gives a directory with all that is in it to another user. Symbolic links are given, never followed.</summary>
    /// <exception cref="IOException">It cannot be given.</exception>
    public static void HandOver(DirectoryInfo directory, UserAccount user)
    {
        Posix.ChangeOwner(directory.FullName, user);
        foreach (var inner in directory.EnumerateFileSystemInfos())
        {
            if (inner is DirectoryInfo { LinkTarget: null } below)
            {
                HandOver(below, user);
            }
            else
            {
                Posix.ChangeOwner(inner.FullName, user);
            }
        }
    }

    /// <summary>Finds a program the way a shell does: its full path, or null if it is not there or not executable.</summary>
    /// <param name="name">A path, or a name to look up.</param>
    /// <param name="searchPath">Directories with colons between them.</param>
    /// <param name="directory">Where relative paths begin.</param>
    public static string? FindProgram(string name, string? searchPath, string directory)
    {
        string[] places = name.Contains('/') ? [directory] : (searchPath ?? "/usr/local/bin:/usr/bin:/bin").Split(':');
        return places.Select(place => Path.Combine(directory, place, name)).FirstOrDefault(path =>
            File.Exists(path) && Try(() => File.GetUnixFileMode(path) & AnyExecute, UnixFileMode.None) != UnixFileMode.None);
    }

    private static void MakeWritable(DirectoryInfo directory)
    {
        if (directory is { Exists: true, LinkTarget: null })
        {
            directory.UnixFileMode |= Owner;
            foreach (var inner in directory.EnumerateDirectories())
            {
                MakeWritable(inner);
            }
        }
    }
}
