using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Results;

/// <summary>
/// The ids of results. Once shown, an id finds the same result for ever, so none may depend on something that comes later:
/// <list type="bullet">
/// <item>A failed try has the id of its report, everywhere.</item>
/// <item>In a test session the run's own result has one id from <c>PENDING</c> to <c>FINAL</c>, derived from the sequence id.</item>
/// <item>In a check session the final result exists only when the run is settled. It has the id of the report that settled it; a run that
/// no report settled (cancelled, expired, timed out, lost) has the derived id. A report that comes after an abort and only adds its
/// details (domain.md rule 3) changes no id.</item>
/// </list>
/// The derived id leads back to the sequence id, see <see cref="MaskedIds"/>.
/// </summary>
public static class ResultIds
{
    private static ReadOnlySpan<byte> Mask => [0x5a, 0x91, 0xc3, 0x7e, 0x24, 0xb8, 0x6d];

    /// <summary>The id of a run's own result while, or because, no report gives it one; the sequence id for such an id.</summary>
    public static Guid Derived(Guid sequenceId) => MaskedIds.Of(sequenceId, Mask);

    /// <summary>The id of a settled run's final result.</summary>
    public static Guid OfFinal(SessionKind kind, Run run) =>
        kind is SessionKind.Check && run.Final is { Settles: true } report ? report.ResultId : Derived(run.SequenceId);
}
