using System.Globalization;

namespace Ledger.Runner.Execution;

/// <summary>One process, beyond doubt: a number may be given to another process later, the number with its start time is not.</summary>
/// <param name="Id">The process id.</param>
/// <param name="StartTicks">When it started, in clock ticks since the machine did.</param>
internal readonly record struct ProcessIdentity(int Id, ulong StartTicks);

/// <summary>What /proc says about one process.</summary>
internal readonly record struct ProcessEntry(ProcessIdentity Identity, char State, int ParentId, int GroupId, int SessionId)
{
    /// <summary>It has ended and waits for its parent to notice; it holds nothing and cannot act.</summary>
    public bool IsZombie => State is 'Z' or 'X' or 'x';
}

/// <summary>Reads /proc. What vanishes while it is read is simply not there.</summary>
internal static class ProcessTree
{
    /// <summary>All processes of this machine, or of this container, as of now.</summary>
    public static List<ProcessEntry> Snapshot()
    {
        var entries = new List<ProcessEntry>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && Find(id) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>One process, or null if there is none.</summary>
    public static ProcessEntry? Find(int id) => ReadOrNull($"/proc/{id}/stat") is { } stat ? Parse(stat) : null;

    /// <summary>Everything below these processes, and they themselves.</summary>
    public static HashSet<int> Descendants(IEnumerable<ProcessEntry> all, IEnumerable<int> roots)
    {
        var children = all.ToLookup(process => process.ParentId, process => process.Identity.Id);
        var found = roots.ToHashSet();
        var open = new Stack<int>(found);
        while (open.TryPop(out var parent))
        {
            foreach (var child in children[parent].Where(found.Add))
            {
                open.Push(child);
            }
        }

        return found;
    }

    /// <summary>Ends a process, if it is still the one that was seen.</summary>
    public static void Kill(ProcessEntry seen)
    {
        if (Find(seen.Identity.Id)?.Identity == seen.Identity)
        {
            Posix.Signal(seen.Identity.Id, Posix.Kill);
        }
    }

    /// <summary>Whether the process was started with this variable (<c>NAME=value</c>) in its environment.</summary>
    public static bool HasVariable(int id, ReadOnlySpan<byte> variable)
    {
        ReadOnlySpan<byte> rest = ReadOrNull($"/proc/{id}/environ");
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            if ((end < 0 ? rest : rest[..end]).SequenceEqual(variable))
            {
                return true;
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return false;
    }

    private static byte[]? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or the process of another user.
            return null;
        }
    }

    // "id (name) state parent group session …", start time in field 22; the name may itself hold blanks and brackets.
    private static ProcessEntry? Parse(byte[] stat)
    {
        var text = System.Text.Encoding.Latin1.GetString(stat);
        var nameEnd = text.LastIndexOf(')');
        if (nameEnd < 0)
        {
            return null;
        }

        var fields = text[(nameEnd + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20
            ? null
            : new ProcessEntry(
                new ProcessIdentity(
                    int.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture),
                    ulong.Parse(fields[19], CultureInfo.InvariantCulture)),
                fields[0][0],
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                int.Parse(fields[2], CultureInfo.InvariantCulture),
                int.Parse(fields[3], CultureInfo.InvariantCulture));
    }
}
