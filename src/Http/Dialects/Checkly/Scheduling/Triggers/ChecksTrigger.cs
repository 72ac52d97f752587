using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Checkly.Targets;
using Ledger.Http.Dialects.Checkly.TestSessions;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Triggers;

/// <summary>The body with which <c>checkly trigger</c> schedules (wire.md 4.2).</summary>
public sealed record ChecksTrigger
{
    /// <summary>What people call the session. Required.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the user wants to see the session again.</summary>
    public bool ShouldRecord { get; init; } = true;

    /// <summary>Where all of it runs. Required.</summary>
    public RunLocation? RunLocation { get; init; }

    /// <summary>The command line's own id for what it waits for.</summary>
    public Guid? CheckRunSuiteId { get; init; }

    /// <summary>Any of these groups. The command line sends an empty array when its user named no tags: everything is meant.</summary>
    [JsonConverter(typeof(OneOrManyConverter<TagGroup>))]
    public IReadOnlyList<TagGroup>? TargetTags { get; init; }

    /// <summary>Any of these checks; absent when the user named none.</summary>
    [JsonConverter(typeof(OneOrManyConverter<Guid>))]
    public IReadOnlyList<Guid>? CheckId { get; init; }

    /// <summary>For all of it, in addition to each check's own.</summary>
    public IReadOnlyList<EnvironmentVariable>? EnvironmentVariables { get; init; }

    /// <summary>What is known of the code under test.</summary>
    public TestSessionMetadata? RepoInfo { get; init; }

    /// <summary>The environment under test.</summary>
    public string? Environment { get; init; }

    /// <summary>When failed runs are tried again; null for the check's own way.</summary>
    public RetryStrategy? TestRetryStrategy { get; init; }

    /// <summary>Whether the runner is to install dependencies from scratch.</summary>
    public bool RefreshCache { get; init; }

    /// <summary>The checks that are meant.</summary>
    [JsonIgnore]
    public CheckTarget Target => new() { MatchTags = TargetTags is { Count: > 0 } ? TargetTags : null, CheckId = CheckId };

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public void Validate()
    {
        Inputs.Name("name", Name);
        TestRetryStrategy?.Validate();
    }
}

/// <summary>The answer (wire.md 4.2). A user who did not want to record gets neither session nor results named.</summary>
/// <param name="Checks">The checks that were scheduled.</param>
/// <param name="TestSessionId">The session, if it is recorded.</param>
/// <param name="TestResultIds">The results by check, if they are recorded.</param>
/// <param name="SequenceIds">The runs by check.</param>
public sealed record TriggeredChecks(
    IReadOnlyList<TriggeredCheck> Checks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? TestSessionId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<Guid, Guid>? TestResultIds,
    IReadOnlyDictionary<Guid, Guid> SequenceIds);

/// <summary>A check that was scheduled.</summary>
public sealed record TriggeredCheck(Guid Id, string Name, string CheckType);
