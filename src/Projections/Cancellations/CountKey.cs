using Ledger.Sessions;

namespace Ledger.Projections.Cancellations;

/// <summary>What is counted: requests, or the runs that they targeted.</summary>
internal enum CountSubject
{
    /// <summary>Requests to cancel.</summary>
    Request,

    /// <summary>Targeted runs.</summary>
    Run,
}

/// <summary>One number: how many of a subject, asked for in a span, for one cause and through one interface, ended one way.</summary>
/// <param name="Span">When they were asked for.</param>
/// <param name="Subject">Requests or runs.</param>
/// <param name="Cause">Why.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Outcome">The word of the <see cref="CancelOutcome"/> or the <see cref="CancelRunOutcome"/>.</param>
internal readonly record struct CountKey(SpanKey Span, CountSubject Subject, CancelCause Cause, CancelVia Via, string Outcome);
