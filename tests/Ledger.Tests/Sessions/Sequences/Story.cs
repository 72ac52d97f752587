using FsCheck;
using FsCheck.Fluent;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Sessions.Sequences;

/// <summary>A generated session and what happens to it, in order.</summary>
/// <param name="Kind">The session's kind.</param>
/// <param name="Scheduled">Whether a scheduler started it.</param>
/// <param name="OnlyQueued">Whether the older contract for plain runs applies.</param>
/// <param name="Types">One check type for each run.</param>
/// <param name="Steps">The commands.</param>
internal sealed record Story(SessionKind Kind, bool Scheduled, bool OnlyQueued, IReadOnlyList<string> Types, IReadOnlyList<Step> Steps)
{
    private static readonly Gen<Story> Any =
        from kind in Gen.Frequency((4, Gen.Constant(SessionKind.Check)), (3, Gen.Constant(SessionKind.Test)), (2, Gen.Constant(SessionKind.Run)))
        from scheduled in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from onlyQueued in Gen.Elements(true, false)
        from count in Gen.Choose(1, kind is SessionKind.Run ? 1 : 4)
        from types in Gen.ArrayOf(Gen.Frequency((3, Gen.Constant(CheckTypes.Playwright)), (1, Gen.Constant("API"))), count)
        from length in Gen.Choose(1, 40)
        from steps in Gen.ArrayOf(Step.Any, length)
        select new Story(kind, scheduled, onlyQueued, types, steps);

    /// <summary>Stories that shrink by leaving out steps, then runs.</summary>
    public static Arbitrary<Story> Arbitrary { get; } = Arb.From(Any, Smaller);

    public CancelPolicy Policy => CancelPolicy.Default with { OnlyQueued = OnlyQueued };

    public SessionTriggered Triggered() => Checkout.Triggered([.. Types.Select((type, at) => Checkout.Plan(RunId(at), type))]) with
    {
        Kind = Kind,
        Source = Scheduled ? SessionSource.Scheduler : SessionSource.TriggerApi,
    };

    public static Guid RunId(int at) => new(at + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0xAA]);

    public override string ToString() =>
        $"{Kind}{(Scheduled ? ", scheduled" : "")}{(OnlyQueued ? ", only queued" : "")} [{string.Join(", ", Types)}]: {string.Join("; ", Steps)}";

    private static IEnumerable<Story> Smaller(Story story)
    {
        for (var length = story.Steps.Count / 2; length > 0; length /= 2)
        {
            for (var from = 0; from + length <= story.Steps.Count; from += length)
            {
                yield return story with { Steps = [.. story.Steps.Take(from), .. story.Steps.Skip(from + length)] };
            }
        }

        for (var at = 0; at < story.Types.Count && story.Types.Count > 1; at++)
        {
            yield return story with { Types = [.. story.Types.Where((_, other) => other != at)] };
        }
    }
}
