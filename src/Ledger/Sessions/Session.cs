using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace Ledger.Sessions;

/// <summary>
/// One session: what its stream says, folded. Immutable; <c>Create</c> and <c>Apply</c> (in <c>SessionEvolution.cs</c>) have the shape
/// that Marten aggregates streams with.
/// </summary>
public sealed partial record Session
{
    private Session(SessionTriggered triggered)
    {
        Id = triggered.SessionId;
        Triggered = triggered with { Runs = [] };
        Runs = [.. triggered.Runs.Select(plan => new Run(plan, RunState.Queued))];
        index = triggered.Runs.Select((plan, at) => KeyValuePair.Create(plan.SequenceId, at)).ToFrozenDictionary();
        Tally = new RunTally { Open = Runs.Length };
    }

    private readonly FrozenDictionary<Guid, int> index;

    /// <summary>Without its runs, which stand in <see cref="Runs"/>.</summary>
    private SessionTriggered Triggered { get; }

    /// <summary>The session's id, which is its stream's.</summary>
    public Guid Id { get; private set; }

    /// <summary>The tenant.</summary>
    public Guid AccountId => Triggered.AccountId;

    /// <summary>What is executed.</summary>
    public SessionKind Kind => Triggered.Kind;

    /// <summary>A plain name inside the account; null for the default project.</summary>
    public string? Project => Triggered.Project;

    /// <summary>What people call it.</summary>
    public string Name => Triggered.Name;

    /// <summary>What caused it.</summary>
    public SessionSource Source => Triggered.Source;

    /// <summary>Who triggered it.</summary>
    public Actor Actor => Triggered.Actor;

    /// <summary>The concurrency group, or null.</summary>
    public string? ConcurrencyGroup => Triggered.ConcurrencyGroup;

    /// <summary>What it does to earlier open sessions of its group.</summary>
    public ConflictBehaviour OnConflict => Triggered.OnConflict;

    /// <summary>Opaque facts about the trigger.</summary>
    public JsonElement? Metadata => Triggered.Metadata;

    /// <summary>When it was triggered.</summary>
    public DateTimeOffset TriggeredAt => Triggered.At;

    /// <summary>Its runs, in the order in which they were asked for.</summary>
    public ImmutableArray<Run> Runs { get; private init; }

    /// <summary>The accepted requests to cancel, by id.</summary>
    public ImmutableDictionary<Guid, Cancel> Cancels { get; private init; } = ImmutableDictionary<Guid, Cancel>.Empty;

    /// <summary>The refused requests to cancel, in order.</summary>
    public ImmutableList<CancelRefused> Refusals { get; private init; } = [];

    /// <summary>How many runs stand where; kept with each change, so that nobody counts through them.</summary>
    public RunTally Tally { get; private init; }

    /// <summary>How many runs are not settled yet.</summary>
    public int OpenRuns => Tally.Open;

    /// <summary>When the last run was settled; null while one is open.</summary>
    public DateTimeOffset? SettledAt { get; private init; }

    /// <summary>Whether any run is open.</summary>
    public bool IsOpen => OpenRuns > 0;

    /// <summary>The status that is derived from the runs (docs/domain.md#rule-6).</summary>
    public SessionStatus Status => SessionStatusRule.Derive(Kind, Tally);

    /// <summary>The run of that id, or null.</summary>
    public Run? FindRun(Guid sequenceId) => index.TryGetValue(sequenceId, out var at) ? Runs[at] : null;

    /// <summary>The place of the run of that id among its runs, from 0.</summary>
    public int PlaceOf(Guid sequenceId) => index[sequenceId];

    /// <summary>What an event about one of its runs says of it.</summary>
    public RunFacts FactsOf(Run run) => new(
        Kind,
        Project,
        run.Plan.CheckId,
        run.Plan.CheckType,
        run.Plan.Name,
        run.Plan.Location,
        run.StartedAt,
        run.Cancel?.CancelId,
        run.Cancel is { } cancel ? Cancels[cancel.CancelId].Cause : null,
        Kind is SessionKind.Run ? PlainFacts() : null);

    private PlainRunFacts PlainFacts()
    {
        var metadata = TriggerMetadata.Of(Metadata);
        return new PlainRunFacts(TriggeredAt, metadata.Environment, metadata.Branch, metadata.IsRerun);
    }
}
