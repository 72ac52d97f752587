namespace Ledger.Runner;

/// <summary>One process, beyond doubt: a number may be given to another process later, the number with its start time is not.</summary>
/// <param name="Id">The process id.</param>
/// <param name="StartTicks">When it started, in clock ticks since the machine did.</param>
internal readonly record struct ProcessIdentity(int Id, ulong StartTicks)
{
    /// <summary>Reads both numbers.</summary>
    public static ProcessIdentity Parse(string text)
    {
        var numbers = text.Split(' ');
        return new(int.Parse(numbers[0]), ulong.Parse(numbers[1]));
    }

    public override string ToString() => $"{Id} {StartTicks}";

    /// <summary>Whether it lives: it is there, is no zombie, and nobody else got its number.</summary>
    public bool IsAlive => ProcessTree.Find(Id) is { IsZombie: false } now && now.Identity == this;
}

/// <summary>What /proc says about one process.</summary>
internal readonly record struct ProcessEntry(ProcessIdentity Identity, char State, int ParentId, int SessionId)
{
    /// <summary>It has ended and waits for its parent to notice; it holds nothing and cannot act.</summary>
    public bool IsZombie => State is 'Z' or 'X' or 'x';
}

/// <summary>Reads /proc. What vanishes while it is read is simply not there.</summary>
internal static class ProcessTree
{
    /// <summary>All processes of this machine, or of this container, as of now.</summary>
    public static List<ProcessEntry> Snapshot() =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out var id) ? Find(id) : null).OfType<ProcessEntry>(),
    ];

    /// <summary>One process, or null if there is none.</summary>
    public static ProcessEntry? Find(int id)
    {
        // "id (name) state parent group session …", start time in field 22; the name may itself hold blanks and brackets.
        var stat = Encoding.Latin1.GetString(Read($"/proc/{id}/stat"));
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20
            ? null
            : new(new(id, ulong.Parse(fields[19])), fields[0][0], int.Parse(fields[1]), int.Parse(fields[3]));
    }

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
        ReadOnlySpan<byte> environment = Read($"/proc/{id}/environ");
        foreach (var range in environment.Split((byte)0))
        {
            if (environment[range].SequenceEqual(variable))
            {
                return true;
            }
        }

        return false;
    }

    // Nothing: gone meanwhile, or the process of another user.
    private static byte[] Read(string path) => Files.Try(() => File.ReadAllBytes(path), otherwise: []);
}
