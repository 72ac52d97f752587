namespace Ledger.Runner;

/// <summary>What is left of a run once everything that could be ended was ended. Only what is proven is a number.</summary>
/// <param name="Processes">How many processes and containers, zombies not counted; null, and written as such, when nobody can say.</param>
/// <param name="Reason">Why nobody can say; null when there is a number.</param>
internal sealed record Remains(
    [property: JsonPropertyName("processesLeft"), JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Processes, string? Reason)
{
    /// <summary>Nothing, and that is proven.</summary>
    public static Remains None { get; } = new(0, Reason: null);

    /// <summary>Nobody can say.</summary>
    public static Remains Unknown(string reason) => new(Processes: null, reason);

    /// <summary>Reads what <see cref="Written"/> gives.</summary>
    public static Remains Parse(string written) => int.TryParse(written, out var left) ? new(left, Reason: null) : Unknown(written);

    /// <summary>The number, or the reason.</summary>
    public string Written() => Processes?.ToString() ?? Reason!;

    /// <summary>Both together.</summary>
    public static Remains operator +(Remains one, Remains other) => (one, other) switch
    {
        ({ Processes: { } left }, { Processes: { } more }) => new Remains(left + more, Reason: null),
        ({ Processes: null }, _) => one,
        _ => other,
    };

    public override string ToString() => Processes is { } left ? $"{left} processes left" : $"unknown what is left: {Reason}";
}

/// <summary>
/// What is running for one command, in a file: so that it can be ended when runner and supervisor were killed. A number of a process
/// alone says nothing, as it may be another one's by then; with its start time and the start of the machine it does.
/// </summary>
internal sealed record RunRecord
{
    /// <summary>How the names of these files end.</summary>
    public const string Suffix = ".processes";

    /// <summary>How long to go on with what cannot be ended.</summary>
    public static TimeSpan EndLimit { get; } = TimeSpan.FromSeconds(5);

    /// <summary>When this machine was started, as a name that no other start has.</summary>
    public static string CurrentBoot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>When the machine was started.</summary>
    public string Boot { get; init; } = CurrentBoot;

    /// <summary>The variable by which the processes of the run are known, as <c>NAME=value</c>.</summary>
    public required string Mark { get; init; }

    /// <summary>The supervisor.</summary>
    public required ProcessIdentity Supervisor { get; init; }

    /// <summary>The command, which is also the number of its session; null before it is started.</summary>
    public ProcessIdentity? Leader { get; init; }

    /// <summary>The control group; null if there is none.</summary>
    public string? ControlGroup { get; init; }

    /// <summary>The processes that were seen last.</summary>
    public IReadOnlyList<ProcessIdentity> Seen { get; init; } = [];

    /// <summary>What the supervisor itself could say after it had ended everything; null while it has not.</summary>
    public Remains? Ended { get; init; }

    /// <summary>Reads a record; null if there is none, or if it was never finished.</summary>
    public static RunRecord? Read(string file)
    {
        try
        {
            return File.ReadAllLines(file) is [var boot, var mark, var group, var ended, var supervisor, var leader, .. var seen]
                ? new RunRecord
                {
                    Boot = boot,
                    Mark = mark,
                    ControlGroup = group.Length > 0 ? group : null,
                    Ended = ended.Length > 0 ? Remains.Parse(ended) : null,
                    Supervisor = ProcessIdentity.Parse(supervisor),
                    Leader = leader.Length > 0 ? ProcessIdentity.Parse(leader) : null,
                    Seen = [.. seen.Select(ProcessIdentity.Parse)],
                }
                : null;
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException || Files.IsRefusal(e))
        {
            return null;
        }
    }

    /// <summary>Puts the record into the place of an earlier one, whole or not at all.</summary>
    public void Write(string file)
    {
        File.WriteAllLines(
            file + ".new",
            [
                Boot, Mark, ControlGroup ?? string.Empty, Ended?.Written() ?? string.Empty, $"{Supervisor}", $"{Leader}",
                .. Seen.Select(process => $"{process}"),
            ]);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>
    /// Ends what is left of a command whose supervisor is gone, by what that wrote down. Never ends a process that only got the number of
    /// one. Returns how many processes were ended, and what is left.
    /// </summary>
    public async Task<(int Ended, Remains Remains)> EndLeftoverAsync(TimeProvider time)
    {
        // Nothing outlives a new start of the machine.
        if (Boot != CurrentBoot || Ended is not null)
        {
            return (0, Ended ?? Remains.None);
        }

        var group = Runner.ControlGroup.Find(ControlGroup);
        var ended = new HashSet<ProcessIdentity>();
        var since = time.GetTimestamp();
        while (true)
        {
            var living = Living(group);
            group?.Kill();
            living.ForEach(ProcessTree.Kill);
            ended.UnionWith(living.Select(p => p.Identity));
            var isEmpty = group?.IsPopulated is null or false;
            if ((living.Count == 0 && isEmpty) || time.GetElapsedTime(since) > EndLimit)
            {
                group?.Remove();
                return (ended.Count, living.Count > 0 ? new Remains(living.Count, Reason: null)
                    : ControlGroup is not null && isEmpty ? Remains.None
                    : Remains.Unknown("the process that watched over the run was ended, and without a control group others may have been missed"));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        }
    }

    private List<ProcessEntry> Living(ControlGroup? group)
    {
        var all = ProcessTree.Snapshot();
        HashSet<ProcessIdentity> known = [.. Seen, Supervisor, Leader ?? Supervisor];
        var mark = Encoding.UTF8.GetBytes(Mark);
        // The number of a session says whose it is only while its first process is there: another one may have it later.
        var sessionId = all.Exists(p => p.Identity == Leader) ? Leader!.Value.Id : 0;
        var roots = all.Where(p => known.Contains(p.Identity)
            || (sessionId != 0 && p.SessionId == sessionId)
            || ProcessTree.HasVariable(p.Identity.Id, mark)).Select(p => p.Identity.Id);
        var members = ProcessTree.Descendants(all, roots);
        members.UnionWith(group?.Members() ?? []);
        members.Remove(Environment.ProcessId);
        return [.. all.Where(p => !p.IsZombie && members.Contains(p.Identity.Id))];
    }
}

/// <summary>What a supervisor is to start, as the runner tells it over its standard input: neither arguments nor environment can be read by others there.</summary>
/// <param name="Program">The full path of the program.</param>
/// <param name="Arguments">Its arguments, beginning with its name.</param>
/// <param name="Directory">Where.</param>
/// <param name="Environment">All of its variables, each as <c>NAME=value</c>.</param>
/// <param name="Mark">The variable by which the processes of the run are known, as <c>NAME=value</c>.</param>
/// <param name="RecordFile">Where to note what is running, for whoever comes when runner and supervisor are gone.</param>
/// <param name="User">Who it runs as; null for the runner's own user.</param>
/// <param name="UsesControlGroup">Whether to make a control group, where that is allowed.</param>
internal sealed record Launch(
    string Program,
    string[] Arguments,
    string Directory,
    string[] Environment,
    string Mark,
    string RecordFile,
    UserAccount? User,
    bool UsesControlGroup)
{
    /// <summary>Reads what <see cref="Written"/> gives.</summary>
    public static Launch Parse(string written)
    {
        var texts = written.Split('\0');
        var ids = Array.ConvertAll(texts[4].Split(',', StringSplitOptions.RemoveEmptyEntries), uint.Parse);
        var user = ids.Length == 0 ? null : new UserAccount(string.Empty, string.Empty, ids[0], ids[1], ids[2..]);
        var count = int.Parse(texts[6]);
        return new Launch(texts[0], texts[7..(7 + count)], texts[1], texts[(7 + count)..], texts[2], texts[3], user, bool.Parse(texts[5]));
    }

    /// <summary>All of it as one text: no part of it can hold a NUL character.</summary>
    public string Written()
    {
        uint[] user = User is null ? [] : [User.Id, User.GroupId, .. User.Groups];
        return string.Join(
            '\0', [Program, Directory, Mark, RecordFile, string.Join(',', user), $"{UsesControlGroup}", $"{Arguments.Length}", .. Arguments, .. Environment]);
    }
}
