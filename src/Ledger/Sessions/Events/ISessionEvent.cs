namespace Ledger.Sessions.Events;

/// <summary>A fact about one session. Facts are sealed records in the past tense, without behaviour (domain.md, Events).</summary>
public interface ISessionEvent
{
    /// <summary>When it happened, by the ledger's clock, in UTC (domain.md rule 9).</summary>
    DateTimeOffset At { get; }
}
