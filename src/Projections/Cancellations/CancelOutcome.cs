namespace Ledger.Projections.Cancellations;

/// <summary>What came of a request to cancel. It follows from what became of the runs that it targeted; skipped runs have no part in it.</summary>
public enum CancelOutcome
{
    /// <summary>At least one targeted run is not settled.</summary>
    Pending,

    /// <summary>Every targeted run was stopped by it.</summary>
    Cancelled,

    /// <summary>Some targeted runs were stopped by it; the others had finished first.</summary>
    PartlyCancelled,

    /// <summary>Every targeted run had finished first, and kept its real result (docs/domain.md#rule-3).</summary>
    Finished,

    /// <summary>At least one targeted run was settled by the deadline, without proof that it stopped (docs/domain.md#rule-8).</summary>
    Expired,

    /// <summary>It could target nothing.</summary>
    Refused,
}

/// <summary>What became of a run that a cancel targeted.</summary>
public enum CancelRunOutcome
{
    /// <summary>It is not settled.</summary>
    Pending,

    /// <summary>It was stopped: a runner said so, or it never started (docs/domain.md#rule-2, docs/domain.md#rule-3).</summary>
    Cancelled,

    /// <summary>It was settled by the deadline, without proof that it stopped (docs/domain.md#rule-8).</summary>
    Expired,

    /// <summary>It ended otherwise before the cancel took effect, and kept its real result.</summary>
    Finished,
}
