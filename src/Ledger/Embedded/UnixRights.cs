namespace Ledger.Embedded;

/// <summary>The rights on files and folders that PostgreSQL, and the account it runs as, insist on.</summary>
internal static class UnixRights
{
    /// <summary>A secret: the owner reads and writes, nobody else anything.</summary>
    internal const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A folder of the owner alone.</summary>
    internal const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    /// <summary>A folder that others may pass through but not list.</summary>
    internal const UnixFileMode PassableFolder = OwnerFolder | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>A file that everyone may read.</summary>
    internal const UnixFileMode ReadableFile = OwnerFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>A program that everyone may run, or a folder that everyone may enter and list.</summary>
    internal const UnixFileMode RunnableFile = ReadableFile | PassableFolder;

    /// <summary>Sets the rights, whatever the umask is.</summary>
    internal static void Set(string path, UnixFileMode mode)
    {
        ThrowOnWindows();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>Whether the owner may run the file.</summary>
    internal static bool IsRunnable(string path) =>
        !OperatingSystem.IsWindows() && File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);

    /// <summary>The one place that says where the embedded server runs.</summary>
    /// <exception cref="EmbeddedPostgresException">This is Windows.</exception>
    internal static void ThrowOnWindows()
    {
        if (OperatingSystem.IsWindows())
        {
            throw new EmbeddedPostgresException(
                "The embedded PostgreSQL runs on Linux and macOS only: set ConnectionStrings:Ledger to a server that runs already.");
        }
    }
}
