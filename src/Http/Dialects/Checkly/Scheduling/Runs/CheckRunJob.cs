using Ledger.Http.Dialects.Checkly.Targets;
using Ledger.Http.Dialects.Checkly.TestSessions;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>What all jobs have in common, whatever they execute (wire.md 4.2).</summary>
public sealed record CheckRunJob
{
    /// <summary>One of the known types. Required.</summary>
    public string? CheckType { get; init; }

    /// <summary>What people call the run. Required.</summary>
    public string? Name { get; init; }

    /// <summary>Its name in the project, unique in the request. Required.</summary>
    public string? LogicalId { get; init; }

    /// <summary>The command line's own ids.</summary>
    public JobSource? SourceInfo { get; init; }

    /// <summary>The check's own, and those of the command line.</summary>
    public IReadOnlyList<EnvironmentVariable>? EnvironmentVariables { get; init; }

    /// <summary>When the run is tried again; null for never. The check's own <c>retryStrategy</c> is for its schedule.</summary>
    public RetryStrategy? TestRetryStrategy { get; init; }

    /// <summary>The group that the check belongs to.</summary>
    public JobGroup? Group { get; init; }

    /// <summary>From this many milliseconds on the run is degraded.</summary>
    public long? DegradedResponseTime { get; init; }

    /// <summary>From this many milliseconds on the run has failed.</summary>
    public long? MaxResponseTime { get; init; }
}

/// <summary>By which the command line knows what it waits for.</summary>
public sealed record JobSource
{
    /// <summary>The same for all jobs of a request; part of the topic of their messages (wire.md 4.4).</summary>
    public Guid? CheckRunSuiteId { get; init; }

    /// <summary>The job's own; part of the topic as well.</summary>
    public Guid? CheckRunId { get; init; }
}

/// <summary>What a group says for all of its checks.</summary>
public sealed record JobGroup
{
    /// <summary>A check's own of the same name come first.</summary>
    public IReadOnlyList<EnvironmentVariable>? EnvironmentVariables { get; init; }

    /// <summary>For API checks.</summary>
    public ApiDefaults? ApiCheckDefaults { get; init; }

    /// <summary>A script that the supplied runner does not execute.</summary>
    public string? LocalSetupScript { get; init; }

    /// <summary>A script that the supplied runner does not execute.</summary>
    public string? LocalTearDownScript { get; init; }
}
