using System.Security.Cryptography;
using Ledger.Runner.Execution;

namespace Ledger.Runner.Supervising;

/// <summary>
/// A control group (version 2) of one command's own. Whatever its processes start stays in it, whoever their parent becomes, and the kernel
/// ends all of them at once. It is there where this process may make one: as root, or below a group that was delegated to its user.
/// </summary>
internal sealed class ControlGroup
{
    private readonly string directory;

    private ControlGroup(string directory) => this.directory = directory;

    /// <summary>Its directory.</summary>
    public string Path => directory;

    /// <summary>Whether a process is in it; null when the system does not say.</summary>
    public bool? IsPopulated
    {
        get
        {
            try
            {
                return !File.ReadLines(System.IO.Path.Combine(directory, "cgroup.events")).Contains("populated 0", StringComparer.Ordinal);
            }
            catch (DirectoryNotFoundException)
            {
                return false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return File.Exists(directory) ? null : false;
            }
        }
    }

    /// <summary>Finds one that was made earlier; null if it is gone.</summary>
    public static ControlGroup? Find(string? directory) => Directory.Exists(directory) ? new ControlGroup(directory!) : null;

    /// <summary>Makes one below this process's own; null where that is not allowed, or where there are no such groups.</summary>
    public static ControlGroup? Create()
    {
        try
        {
            if (FindOwn() is not { } own)
            {
                return null;
            }

            var directory = System.IO.Path.Combine(own, $"ledger-run-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
            Directory.CreateDirectory(directory);
            return new ControlGroup(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Starts something in this group: this process enters it and leaves it again, since a child begins where its parent is. Returns
    /// false when this process may not do that; nothing was started then, or the group holds this process too and proves nothing.
    /// </summary>
    public bool Inside(Action start)
    {
        var outside = FindOwn();
        if (outside is null || !Enter(directory))
        {
            return false;
        }

        start();
        return Enter(outside);
    }

    /// <summary>Ends every process in it. One that is started in the same moment may need another call where the kernel is older than 5.14.</summary>
    public void Kill()
    {
        try
        {
            File.WriteAllText(System.IO.Path.Combine(directory, "cgroup.kill"), "1");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var id in Members().Where(id => id != Environment.ProcessId))
            {
                Posix.Signal(id, Posix.Kill);
            }
        }
    }

    /// <summary>The processes in it and in the groups that were made below it.</summary>
    public IReadOnlyList<int> Members()
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(directory, "cgroup.procs", SearchOption.AllDirectories)
                    .SelectMany(File.ReadLines)
                    .Select(line => int.TryParse(line, out var id) ? id : 0)
                    .Where(id => id > 1),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Gives it back, once it is empty.</summary>
    public void Remove()
    {
        try
        {
            foreach (var inner in Directory.GetDirectories(directory, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length))
            {
                Directory.Delete(inner);
            }

            Directory.Delete(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is empty, or somebody else has it: an empty group costs nothing.
        }
    }

    private static bool Enter(string directory)
    {
        try
        {
            File.WriteAllText(System.IO.Path.Combine(directory, "cgroup.procs"), "0");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

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
        if (!inner.StartsWith(root, StringComparison.Ordinal) || inner.Contains("/..", StringComparison.Ordinal))
        {
            return null;
        }

        return fields[4].TrimEnd('/') + inner[root.Length..].TrimEnd('/');
    }
}
