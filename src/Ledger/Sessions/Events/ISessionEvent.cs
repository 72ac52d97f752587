namespace Ledger.Sessions.Events;

/// <summary>A fact about one session. Facts are sealed records in the past tense, without behaviour (docs/domain.md#events).</summary>
public interface ISessionEvent
{
    /// <summary>When it happened, by the ledger's clock, in UTC (docs/domain.md#rule-11).</summary>
    DateTimeOffset At { get; }
}
