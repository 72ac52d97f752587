using System.Text.Json;

namespace Ledger.Sessions.Events;

/// <summary>A fact about one session. Facts are sealed records in the past tense, without behaviour (docs/domain.md#events).</summary>
public interface ISessionEvent
{
    /// <summary>When it happened, by the ledger's clock, in UTC (docs/domain.md#rule-11).</summary>
    DateTimeOffset At { get; }
}

/// <summary>A fact about one run of a session. It says enough of the run for readers that see this one event and no other.</summary>
public interface IRunEvent : ISessionEvent
{
    /// <summary>The run.</summary>
    Guid SequenceId { get; }

    /// <summary>What is known of the run.</summary>
    RunFacts Run { get; }
}

/// <summary>
/// A fact that can settle a run (docs/domain.md#rule-3). What settles a run, and how, is asked of the event itself and stands in no list:
/// <c>data is ISettlesRun { Outcome: { } outcome }</c>.
/// </summary>
public interface ISettlesRun : IRunEvent
{
    /// <summary>How the run ends by it: a terminal state. Null when this one settles nothing, such as the report of a failed try.</summary>
    RunState? Outcome { get; }
}

/// <summary>What is known of a run when an event about it is recorded.</summary>
/// <param name="Kind">What its session executes.</param>
/// <param name="Project">The session's project; null for the default one.</param>
/// <param name="CheckId">The registered check, if there is one.</param>
/// <param name="CheckType">The type of check.</param>
/// <param name="Name">What people call the run.</param>
/// <param name="Location">Where it runs.</param>
/// <param name="StartedAt">When its execution began, by the ledger's clock; null if it had not.</param>
/// <param name="CancelId">The cancel that it is being cancelled by; null for none.</param>
/// <param name="Cause">Why that was asked for.</param>
/// <param name="Plain">What a plain run was triggered with; null in sessions of other kinds.</param>
public sealed record RunFacts(
    SessionKind Kind,
    string? Project,
    Guid? CheckId,
    string CheckType,
    string Name,
    string Location,
    DateTimeOffset? StartedAt,
    Guid? CancelId,
    CancelCause? Cause,
    PlainRunFacts? Plain = null);

/// <summary>What a plain run was triggered with, as far as its figures are told apart by it (docs/dialects/empirical.md#analytics).</summary>
/// <param name="TriggeredAt">When.</param>
/// <param name="Environment">The slug of the environment; null when none is known.</param>
/// <param name="Branch">The branch; null when none is known.</param>
/// <param name="IsRerun">Whether it repeats an earlier run.</param>
public sealed record PlainRunFacts(DateTimeOffset TriggeredAt, string? Environment, string? Branch, bool IsRerun);

/// <summary>Someone asked for an execution: the first event of every stream, caused by a trigger in any dialect.</summary>
/// <param name="SessionId">The session, which is the stream.</param>
/// <param name="AccountId">The tenant.</param>
/// <param name="Kind">What is executed.</param>
/// <param name="Project">A plain name inside the account, or null for the default project.</param>
/// <param name="Name">What people call the session.</param>
/// <param name="Source">What caused it.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="ConcurrencyGroup">Sessions of one group (in one account and project) run one after another; null for none.</param>
/// <param name="OnConflict">What happens to earlier open sessions of the group.</param>
/// <param name="Metadata">Opaque facts about the trigger: git, environment, origin.</param>
/// <param name="Runs">The runs, in the order in which they were asked for.</param>
/// <param name="At">When.</param>
public sealed record SessionTriggered(
    Guid SessionId,
    Guid AccountId,
    SessionKind Kind,
    string? Project,
    string Name,
    SessionSource Source,
    Actor Actor,
    string? ConcurrencyGroup,
    ConflictBehaviour OnConflict,
    JsonElement? Metadata,
    IReadOnlyList<PlannedRun> Runs,
    DateTimeOffset At) : ISessionEvent;

/// <summary>One run of a session as it was asked for.</summary>
/// <param name="SequenceId">Its id, unique in the account.</param>
/// <param name="CheckId">The registered check, if there is one.</param>
/// <param name="CheckType">One of <see cref="CheckTypes.Known"/>.</param>
/// <param name="Name">What people call the run.</param>
/// <param name="Location">Where it runs: a region or a private location.</param>
/// <param name="Spec">What to execute: opaque, handed to the runner; a large one is kept apart.</param>
/// <param name="TimeoutSeconds">The run's own limit from its start on; null for none.</param>
/// <param name="DegradedAfterMs">From this response time on a passed run is degraded; null for never.</param>
/// <param name="MaxResponseTimeMs">From this response time on a run has failed; null for never.</param>
/// <param name="SpecApart">True when the spec is not here but in the table <c>run_specs</c>; else null.</param>
public sealed record PlannedRun(
    Guid SequenceId,
    Guid? CheckId,
    string CheckType,
    string Name,
    string Location,
    JsonElement? Spec,
    int? TimeoutSeconds = null,
    long? DegradedAfterMs = null,
    long? MaxResponseTimeMs = null,
    bool? SpecApart = null)
{
    // What readers of the session need of it: the id that the command line which asked for the run knows its results by, and where the
    // runner worked, which is no part of what results show.
    private static readonly string[] Kept = ["checkRunId", "workingDirectory"];

    private const int LongestKept = 1_000;

    /// <summary>The same run with its spec kept apart: nothing of it stays that may be large or secret.</summary>
    public PlannedRun WithSpecApart() => this with
    {
        SpecApart = true,
        Spec = Spec is { ValueKind: JsonValueKind.Object } spec
            ? JsonSerializer.SerializeToElement(Kept
                .Where(name => spec.TryGetProperty(name, out var value) && JsonSize.OfText(value) <= LongestKept)
                .ToDictionary(name => name, spec.GetProperty))
            : null,
    };
}
