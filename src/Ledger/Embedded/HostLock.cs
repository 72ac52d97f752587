namespace Ledger.Embedded;

/// <summary>
/// The right to start and stop the server of a data directory: an exclusive lock on <c>host.lock</c> that ends with the
/// process, however it ends. Whoever holds it is the owner; every other host is a guest.
/// </summary>
internal sealed class HostLock : IDisposable
{
    private readonly FileStream file;

    private HostLock(FileStream file) => this.file = file;

    /// <summary>Takes the lock, or returns null when another host holds it.</summary>
    internal static HostLock? TryTake(string path)
    {
        try
        {
            return new HostLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (IsHeldElsewhere(e))
        {
            return null;
        }
    }

    /// <summary>Gives the lock back. The file stays: removing it would let two hosts lock two files of one name.</summary>
    public void Dispose() => file.Dispose();

    /// <summary>The runtime passes on the <c>EWOULDBLOCK</c> of <c>flock</c>: 11 on Linux, 35 on macOS.</summary>
    private static bool IsHeldElsewhere(IOException e) => e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);
}
