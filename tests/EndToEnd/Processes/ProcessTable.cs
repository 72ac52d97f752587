namespace Ledger.EndToEnd.Processes;

/// <summary>The processes of this machine, as the kernel lists them.</summary>
internal static class ProcessTable
{
    /// <summary>The command lines of the living processes whose command line or environment holds a text.</summary>
    public static IReadOnlyList<string> Mentioning(string text) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _))
            .Where(folder => Path.GetFileName(folder) != Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Where(folder => Read(folder, "cmdline").Contains(text, StringComparison.Ordinal)
                || Read(folder, "environ").Contains(text, StringComparison.Ordinal))
            .Select(folder => $"{Path.GetFileName(folder)} {Read(folder, "cmdline").Replace('\0', ' ')}"),
    ];

    /// <summary>The processes that a process has started and that live.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => (Folder: folder, IsProcess: int.TryParse(Path.GetFileName(folder), out var id), Id: id))
            .Where(process => process.IsProcess && ParentOf(process.Folder) == parent)
            .Select(process => process.Id),
    ];

    // pid (name) state parent …, where the name may hold anything.
    private static int ParentOf(string folder) =>
        Read(folder, "stat").Split(')')[^1].Split(' ') is [_, _, var parent, ..]
            ? int.Parse(parent, System.Globalization.CultureInfo.InvariantCulture)
            : 0;

    /// <summary>The content of a file of a process that may end at any moment; a zombie has an empty command line and environment.</summary>
    private static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }
}
