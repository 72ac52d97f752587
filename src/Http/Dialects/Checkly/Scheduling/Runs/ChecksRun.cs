using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Checkly.TestSessions;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>The body with which <c>checkly test</c> schedules the checks of a project, registered or not (wire.md 4.2).</summary>
public sealed record ChecksRun
{
    /// <summary>What people call the session. Required.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// One for each run, at least one: see <see cref="CheckRunJob"/>, <see cref="PlaywrightJob"/> and <see cref="ApiJob"/>.
    /// </summary>
    public IReadOnlyList<JsonElement> CheckRunJobs { get; init; } = [];

    /// <summary>The project.</summary>
    public ProjectOfRun? Project { get; init; }

    /// <summary>Where all of it runs. Required.</summary>
    public RunLocation? RunLocation { get; init; }

    /// <summary>What is known of the code under test.</summary>
    public TestSessionMetadata? RepoInfo { get; init; }

    /// <summary>The environment under test.</summary>
    public string? Environment { get; init; }

    /// <summary>Whether the user wants to see the session again.</summary>
    public bool ShouldRecord { get; init; } = true;

    /// <summary>Whether the user wants log lines while it runs.</summary>
    public bool StreamLogs { get; init; }

    /// <summary>Whether the runner is to install dependencies from scratch.</summary>
    public bool RefreshCache { get; init; }
}

/// <summary>The project that the checks belong to.</summary>
public sealed record ProjectOfRun
{
    /// <summary>Its name, unique in the account.</summary>
    public string? LogicalId { get; init; }
}

/// <summary>
/// The answer (wire.md 4.2), by logical id, not by check (trap 11). A user who does not record gets no session and no results named.
/// </summary>
/// <param name="SchedulingId">By which the end of the scheduling can be awaited.</param>
/// <param name="TestSessionId">The session, if it is recorded.</param>
/// <param name="TestResultIds">The results, if they are recorded.</param>
/// <param name="SequenceIds">The runs.</param>
public sealed record ScheduledChecks(
    Guid SchedulingId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? TestSessionId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, Guid>? TestResultIds,
    IReadOnlyDictionary<string, Guid> SequenceIds);
