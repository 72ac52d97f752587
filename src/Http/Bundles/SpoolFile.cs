namespace Ledger.Http.Bundles;

/// <summary>
/// A nameless file for bytes that come at the pace of a client: neither memory nor a database connection is held for them meanwhile. The
/// file ends with its stream, and on Unix with the process too, however that ends.
/// </summary>
public static class SpoolFile
{
    public static FileStream Open()
    {
        var path = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.upload");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, options);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return file;
    }
}
