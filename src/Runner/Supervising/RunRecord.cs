using System.Globalization;
using Ledger.Runner.Execution;

namespace Ledger.Runner.Supervising;

/// <summary>
/// What is running for one command, in a file: so that it can be ended when runner and supervisor were killed. A number of a process
/// alone says nothing, as it may be another one's by then; with its start time and the start of the machine it does.
/// </summary>
internal sealed record RunRecord
{
    /// <summary>How the names of these files end.</summary>
    public const string Suffix = ".processes";

    /// <summary>When the machine was started, as a name that no other start has.</summary>
    public required string Boot { get; init; }

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

    /// <summary>When this machine was started.</summary>
    public static string CurrentBoot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Reads a record; null if there is none, or if it was never finished.</summary>
    public static RunRecord? Read(string file)
    {
        try
        {
            return Parse(File.ReadAllLines(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Puts the record into the place of an earlier one, whole or not at all.</summary>
    public void Write(string file)
    {
        var lines = new List<string> { $"boot {Boot}", $"mark {Mark}", Line("supervisor", Supervisor) };
        if (Leader is { } leader)
        {
            lines.Add(Line("leader", leader));
        }

        if (ControlGroup is not null)
        {
            lines.Add($"group {ControlGroup}");
        }

        if (Ended is not null)
        {
            lines.Add($"ended {Ended.Processes?.ToString(CultureInfo.InvariantCulture) ?? Ended.Reason}");
        }

        lines.AddRange(Seen.Select(process => Line("process", process)));
        File.WriteAllLines(file + ".new", lines);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static RunRecord Parse(string[] lines)
    {
        var words = lines.Select(line => line.Split(' ', 2)).ToLookup(line => line[0], line => line[1], StringComparer.Ordinal);
        return new RunRecord
        {
            Boot = words["boot"].First(),
            Mark = words["mark"].First(),
            Supervisor = Process(words["supervisor"].First()),
            Leader = words["leader"].Select(Process).Cast<ProcessIdentity?>().FirstOrDefault(),
            ControlGroup = words["group"].FirstOrDefault(),
            Ended = words["ended"].Select(Remainder).FirstOrDefault(),
            Seen = [.. words["process"].Select(Process)],
        };
    }

    private static Remains Remainder(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var left) ? new Remains(left, Reason: null) : Remains.Unknown(text);

    private static string Line(string word, ProcessIdentity process) =>
        string.Create(CultureInfo.InvariantCulture, $"{word} {process.Id} {process.StartTicks}");

    private static ProcessIdentity Process(string text)
    {
        var numbers = text.Split(' ');
        return new ProcessIdentity(
            int.Parse(numbers[0], CultureInfo.InvariantCulture), ulong.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
