using Ledger.Runner.Execution;
using Ledger.Runner.Supervising;

namespace Ledger.Runner.Folders;

/// <summary>What .NET does not do with a whole directory.</summary>
internal static class FileTree
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Deletes a directory with all that is in it, also where a run took away its own right to write. Symbolic links are deleted, never
    /// followed.
    /// </summary>
    /// <exception cref="IOException">Something cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">Something cannot be deleted.</exception>
    public static void Delete(string path)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MakeWritable(new DirectoryInfo(path));
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Gives a directory with all that is in it to another user. Symbolic links are given, never followed.</summary>
    /// <exception cref="IOException">It cannot be given.</exception>
    public static void HandOver(DirectoryInfo directory, UserIds user)
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

    private static void MakeWritable(DirectoryInfo directory)
    {
        if (!directory.Exists || directory.LinkTarget is not null)
        {
            return;
        }

        directory.UnixFileMode |= Owner;
        foreach (var inner in directory.EnumerateDirectories())
        {
            MakeWritable(inner);
        }
    }
}
