using FsCheck;
using FsCheck.Fluent;

namespace Ledger.Tests.Sessions.Sequences;

/// <summary>One command of a generated sequence, not yet bound to a session.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Runs">Which runs, as bits; commands about one run take the lowest.</param>
/// <param name="Choice">A small number that varies the rest: whose result, which of two cancels, who asks.</param>
internal readonly record struct Step(StepKind Kind, int Runs, int Choice)
{
    private static readonly Gen<StepKind> Kinds = Gen.Frequency(
        (3, Gen.Constant(StepKind.Claim)),
        (3, Gen.Constant(StepKind.Start)),
        (5, Gen.Elements(StepKind.Cancel, StepKind.CancelAll, StepKind.ForceAll)),
        (8, Gen.Elements(Enum.GetValues<StepKind>())));

    public static Gen<Step> Any { get; } =
        from kind in Kinds
        from runs in Gen.Choose(1, 15)
        from choice in Gen.Choose(0, 9)
        select new Step(kind, runs, choice);
}

internal enum StepKind
{
    Claim,
    Start,
    Attempt,
    Pass,
    Fail,
    Degrade,
    ReportCancelled,
    Cancel,
    CancelAll,
    ForceAll,
    Deliver,
    Heartbeat,
    Acknowledge,
    Abort,
    Expire,
    Force,
    TimeOut,
    Lose,

    /// <summary>A runner that does not hold the run tries to report on it.</summary>
    Intrude,
}
