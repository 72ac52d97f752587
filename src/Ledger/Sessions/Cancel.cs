namespace Ledger.Sessions;

/// <summary>One accepted request to cancel. Its first requester and reason stay authoritative (docs/dialects/common.md#races).</summary>
/// <param name="CancelId">Its id.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Forced">Whether it was escalated, or forced from the start.</param>
/// <param name="SupersededBy">The successor session, if there is one.</param>
/// <param name="RequestedAt">When.</param>
public sealed record Cancel(
    Guid CancelId,
    Actor Actor,
    CancelVia Via,
    CancelCause Cause,
    string? Reason,
    bool Forced,
    Guid? SupersededBy,
    DateTimeOffset RequestedAt)
{
    /// <summary>The runs that it was asked for and left alone.</summary>
    public IReadOnlyList<SkippedRun> Skipped { get; init; } = [];
}
