namespace Ledger.Sessions;

/// <summary>
/// What a decision comes to: the events to append, and either an answer or a refusal. Made by a pure function of state, command and time
/// (docs/domain.md#decision-model).
/// </summary>
/// <typeparam name="T">The answer.</typeparam>
public sealed record Decision<T>
    where T : class
{
    private Decision(T? answer, Refusal? refusal, IReadOnlyList<ISessionEvent> events)
    {
        Answer = answer;
        Refusal = refusal;
        Events = events;
    }

    /// <summary>The answer; null when refused.</summary>
    public T? Answer { get; }

    /// <summary>Why not; null when accepted.</summary>
    public Refusal? Refusal { get; }

    /// <summary>What to append. May be empty for an answer (asking twice is asking once), and may be there for a refusal (the audit).</summary>
    public IReadOnlyList<ISessionEvent> Events { get; }

    /// <summary>Yes, and this is to be recorded.</summary>
    public static Decision<T> Accept(T answer, params IReadOnlyList<ISessionEvent> events) => new(answer, null, events);

    /// <summary>No; usually nothing is recorded.</summary>
    public static Decision<T> Refuse(Refusal refusal, params IReadOnlyList<ISessionEvent> events) => new(null, refusal, events);
}

/// <summary>Why a command was refused.</summary>
/// <param name="Kind">The class, which each dialect maps to its own status.</param>
/// <param name="Message">For people: one sentence.</param>
public sealed record Refusal(RefusalKind Kind, string Message);

/// <summary>The classes of refusals.</summary>
public enum RefusalKind
{
    /// <summary>The account has no such session.</summary>
    UnknownSession,

    /// <summary>The session has no such run.</summary>
    UnknownRun,

    /// <summary>Another runner holds the lease.</summary>
    HeldByAnother,

    /// <summary>Nobody has claimed the run, so nobody can report on it.</summary>
    NotClaimed,

    /// <summary>The run is not waiting for a runner.</summary>
    NotQueued,

    /// <summary>Nobody asked to cancel the run (docs/domain.md#rule-4).</summary>
    NoCancelRecorded,

    /// <summary>The run is being cancelled by another cancel than the one named.</summary>
    OtherCancel,

    /// <summary>A cancel that can target nothing.</summary>
    NothingToCancel,

    /// <summary>A check that nothing may start: it is deactivated, or there is nothing to run.</summary>
    NotStartable,

    /// <summary>A limit of <see cref="Limits"/>.</summary>
    TooMuch,

    /// <summary>A command that contradicts itself or names something that does not exist, whatever the state.</summary>
    Malformed,
}
