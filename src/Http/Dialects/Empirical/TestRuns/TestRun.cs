using System.Text.Json.Serialization;
using Ledger.Streams;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.Empirical.TestRuns;

/// <summary>
/// A test run as lists show it (wire.md 6.2): a session of kind <c>run</c>, in whichever dialect it was triggered.
/// </summary>
// The members' names stand here for the OpenAPI document, which knows no dialect's naming policy.
public record TestRun
{
    /// <summary>The session's number.</summary>
    public required long Id { get; init; }

    public required TestRunState State { get; init; }

    /// <summary>
    /// The tests that the runner has reported, here and below by how they ended; none before the end. Those that were cut off count in the
    /// total alone.
    /// </summary>
    [JsonPropertyName("total_count")]
    public required int TotalCount { get; init; }

    [JsonPropertyName("success_count")]
    public required int SuccessCount { get; init; }

    [JsonPropertyName("failed_count")]
    public required int FailedCount { get; init; }

    [JsonPropertyName("skipped_count")]
    public required int SkippedCount { get; init; }

    /// <summary>Passed after a failed try.</summary>
    [JsonPropertyName("flaky_count")]
    public required int FlakyCount { get; init; }

    /// <summary>Milliseconds from the start to the end; null while it has not ended, or when it never started.</summary>
    public required long? Duration { get; init; }

    [JsonPropertyName("test_run_branch")]
    public required string? TestRunBranch { get; init; }

    /// <summary>What the filter <c>environment_ids</c> finds it by.</summary>
    [JsonPropertyName("environment_id")]
    public required int? EnvironmentId { get; init; }

    [JsonPropertyName("environment_slug")]
    public required string? EnvironmentSlug { get; init; }

    /// <summary>The slug once more: the ledger knows no other name.</summary>
    [JsonPropertyName("environment_name")]
    public required string? EnvironmentName { get; init; }

    [JsonPropertyName("build_url")]
    public required string? BuildUrl { get; init; }

    [JsonPropertyName("build_branch")]
    public required string? BuildBranch { get; init; }

    public required string? Commit { get; init; }

    [JsonPropertyName("created_at")]
    public required DateTimeOffset CreatedAt { get; init; }

    public static TestRun Of(SessionSnapshot snapshot)
    {
        var session = snapshot.Session;
        var run = session.Runs[0];
        var facts = new TestRunFacts(session.Metadata);
        var cases = TestCase.Of(run);
        return new TestRun
        {
            Id = snapshot.FirstPosition,
            State = TestRunStates.Of(session),
            TotalCount = cases.Count,
            SuccessCount = cases.Count(test => test.Status is TestCaseStatus.Passed),
            FailedCount = cases.Count(test => test.Status is TestCaseStatus.Failed or TestCaseStatus.TimedOut),
            SkippedCount = cases.Count(test => test.Status is TestCaseStatus.Skipped),
            FlakyCount = cases.Count(test => test.Status is TestCaseStatus.Flaky),
            Duration = (run.SettledAt - run.StartedAt) is { } duration ? Math.Max(0, (long)duration.TotalMilliseconds) : null,
            TestRunBranch = facts.Branch,
            EnvironmentId = facts.Environment is { } environment ? StableNumber.Of(environment) : null,
            EnvironmentSlug = facts.Environment,
            EnvironmentName = facts.Environment,
            BuildUrl = facts.BuildUrl,
            BuildBranch = facts.BuildBranch,
            Commit = facts.Commit,
            CreatedAt = session.TriggeredAt,
        };
    }
}
