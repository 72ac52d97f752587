using Ledger.Sessions;

namespace Ledger.Web.Shared;

/// <summary>How many runs stand where, in the order in which bars show them.</summary>
/// <param name="Parts">Each tone that there is, with the number of its runs.</param>
/// <param name="Open">How many are not settled.</param>
public sealed record RunCounts(IReadOnlyList<(Tone Tone, int Count)> Parts, int Open)
{
    /// <summary>How many there are.</summary>
    public int Total => Parts.Sum(part => part.Count);

    /// <summary>As people read it: "3 runs: 2 passed, 1 running".</summary>
    public string Words => $"{Shared.Words.Many(Total, "run")}: {string.Join(", ", Parts.Select(part => $"{part.Count} {part.Tone.Word.ToLowerInvariant()}"))}";

    /// <summary>Those of a session whose runs are known.</summary>
    public static RunCounts Of(IReadOnlyCollection<Run> runs) => Of(runs.CountBy(Tone.Of).Select(entry => (entry.Key, entry.Value)), runs.Count(run => run.IsOpen));

    /// <summary>Counts that were made elsewhere.</summary>
    public static RunCounts Of(IEnumerable<(Tone Tone, int Count)> counts, int open) => new(
        [
            .. from part in counts
               where part.Count > 0
               orderby Tone.Order.Index().First(known => known.Item == part.Tone.Name).Index
               select part,
        ],
        open);
}
