namespace Ledger.Projections.Daemon;

/// <summary>Another host owns the projection by now: the write was refused as a whole (docs/domain.md#p13).</summary>
internal sealed class StaleOwnerException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The error code that <c>ledger.advance_projection</c> raises.</summary>
    public const string SqlState = "LP001";
}
