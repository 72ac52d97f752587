namespace Ledger.Runner;

/// <summary>
/// A control group (version 2) of one command's own. Whatever its processes start stays in it, whoever their parent becomes, and the kernel
/// ends all of them at once. It is there where this process may make one: as root, or below a group that was delegated to its user.
/// </summary>
internal sealed class ControlGroup
{
    private ControlGroup(string path) => Path = path;

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>Whether a process is in it; null when the system does not say.</summary>
    public bool? IsPopulated =>
        Files.Try<bool?>(() => !File.ReadLines(FileOf("cgroup.events")).Contains("populated 0", StringComparer.Ordinal), otherwise: null)
        ?? (Directory.Exists(Path) ? null : false);

    /// <summary>Finds one that was made earlier; null if it is gone.</summary>
    public static ControlGroup? Find(string? directory) => Directory.Exists(directory) ? new ControlGroup(directory!) : null;

    /// <summary>Makes one below this process's own; null where that is not allowed, or where there are no such groups.</summary>
    public static ControlGroup? Create() => Files.Try(
        () => FindOwn() is { } own
            ? new ControlGroup(Directory.CreateDirectory($"{own}/ledger-run-{RandomNumberGenerator.GetHexString(16, lowercase: true)}").FullName)
            : null,
        otherwise: null);

    /// <summary>
    /// Starts something in this group: this process enters it and leaves it again, since a child begins where its parent is. Returns
    /// false when this process may not do that; nothing was started then, or the group holds this process too and proves nothing.
    /// </summary>
    public bool Inside(Action start)
    {
        var outside = FindOwn();
        if (outside is null || !Enter(Path))
        {
            return false;
        }

        start();
        return Enter(outside);
    }

    /// <summary>Ends every process in it. One that is started in the same moment may need another call where the kernel is older than 5.14.</summary>
    public void Kill()
    {
        if (Files.Try(() => File.WriteAllText(FileOf("cgroup.kill"), "1")) is not null)
        {
            foreach (var id in Members().Where(id => id != Environment.ProcessId))
            {
                Posix.Signal(id, Posix.Kill);
            }
        }
    }

    /// <summary>The processes in it and in the groups that were made below it.</summary>
    public List<int> Members() => Files.Try<List<int>>(
        () =>
        [
            .. Directory.EnumerateFiles(Path, "cgroup.procs", SearchOption.AllDirectories)
                .SelectMany(File.ReadLines)
                .Select(line => int.TryParse(line, out var id) ? id : 0)
                .Where(id => id > 1),
        ],
        otherwise: []);

    /// <summary>Gives it back, once it is empty. If somebody else has it: an empty group costs nothing.</summary>
    public void Remove() => Files.Try(() =>
    {
        foreach (var inner in Directory.GetDirectories(Path, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length))
        {
            Directory.Delete(inner);
        }

        Directory.Delete(Path);
    });

    private string FileOf(string name) => System.IO.Path.Combine(Path, name);

    private static bool Enter(string directory) =>
        Files.Try(() => File.WriteAllText(System.IO.Path.Combine(directory, "cgroup.procs"), "0")) is null;

    // "0::/path" in the one file, and in the other: id, parent, device, root, mount point, options, "-", type.
    private static string? FindOwn()
    {
        const string unified = "0::";
        var path = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith(unified, StringComparison.Ordinal));
        var mount = File.ReadLines("/proc/self/mountinfo").FirstOrDefault(l => l.Contains(" - cgroup2 ", StringComparison.Ordinal));
        if (path is null || mount is null)
        {
            return null;
        }

        var fields = mount.Split(' ');
        var inner = path[unified.Length..];
        var root = fields[3].TrimEnd('/');
        return inner.StartsWith(root, StringComparison.Ordinal) && !inner.Contains("/..", StringComparison.Ordinal)
            ? fields[4].TrimEnd('/') + inner[root.Length..].TrimEnd('/')
            : null;
    }
}
