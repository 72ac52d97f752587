using Ledger.Runner.Supervising;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Folders;

/// <summary>The directory of one run: its bundle and its test report. Disposing it deletes all of it.</summary>
/// <param name="path">The directory, which is there already.</param>
/// <param name="user">Who the run executes as; null for this user.</param>
/// <param name="log">Says what could not be deleted.</param>
internal sealed class RunFolder(string path, UserIds? user, ILogger log) : IAsyncDisposable
{
    /// <summary>Where the archive of the bundle is stored until it is unpacked.</summary>
    public string Archive => Path.Combine(path, "bundle.tar.gz");

    /// <summary>The root of the unpacked bundle.</summary>
    public string Bundle => Path.Combine(path, "bundle");

    /// <summary>Where installed dependencies are copied to before they are kept.</summary>
    public string Keeping => Path.Combine(path, "keeping");

    /// <summary>The part of <see cref="Keeping"/> that holds the copies.</summary>
    public const string KeepingTree = "tree";

    /// <summary>Where Playwright is told to write its JSON report.</summary>
    public string Report => Path.Combine(path, "report", "playwright.json");

    /// <summary>A file beside this directory in which a supervisor notes what it runs; nothing is there yet.</summary>
    public string NewRecord() => $"{path}.{Guid.NewGuid():N}{RunRecord.Suffix}";

    /// <summary>A path for something that is deleted with this directory; nothing is there yet.</summary>
    public string NewDropped() => Path.Combine(path, $"dropped-{Guid.NewGuid()}");

    /// <summary>Gives the directory with all that is in it to the user that the run executes as. Before anything of the run has begun.</summary>
    /// <exception cref="IOException">It cannot be given.</exception>
    public void HandOver()
    {
        if (user is not null)
        {
            FileTree.HandOver(new DirectoryInfo(path), user);
        }
    }

    // A bundle may hold tens of thousands of files: their deletion is not for the thread that reports.
    public ValueTask DisposeAsync() => new(Task.Run(Delete));

    private void Delete()
    {
        try
        {
            FileTree.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogError("{Folder} cannot be deleted; the next runner tries again: {Problem}", path, e.Message);
        }
    }
}
