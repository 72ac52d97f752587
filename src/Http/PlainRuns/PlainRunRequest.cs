namespace Ledger.Http.PlainRuns;

/// <summary>A plain test run as a dialect asks for it: one session of kind <c>run</c> with one run.</summary>
/// <param name="Project">A plain name inside the account, or null for the default project.</param>
/// <param name="CheckType">The type of check where no check is registered for it.</param>
public sealed record PlainRunRequest(string Name, string? Project, string CheckType)
{
    /// <summary>
    /// The test that is meant. A registered check of that id is what the run executes; any other id is kept all the same. Null when the
    /// project says what to execute, see <see cref="ProjectChecks"/>.
    /// </summary>
    public Guid? CheckId { get; init; }

    /// <summary>What narrows the choice among a project's checks, each as <c>kind:name</c>, such as <c>environment:staging</c>.</summary>
    public IReadOnlyList<string> Traits { get; init; } = [];

    /// <summary>Variables to set for the execution; a null value removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>The request as it was published, handed to the runner as <c>spec.request</c>; absent when there is nothing to hand on.</summary>
    public JsonElement? Published { get; init; }

    /// <summary>Facts about the trigger, kept with the session under their published names.</summary>
    public JsonObject Metadata { get; init; } = [];

    public string? ConcurrencyGroup { get; init; }

    /// <summary>What it does to earlier open sessions of the group.</summary>
    public ConflictBehaviour OnConflict { get; init; } = ConflictBehaviour.Queue;
}
