using System.Text.Json.Serialization;

namespace Ledger.Runner.TestReports;

/// <summary>One test inside a run.</summary>
/// <param name="Id">What identifies it from run to run.</param>
/// <param name="Title">Its groups and its own title.</param>
/// <param name="Location">File and line.</param>
/// <param name="Status">How it ended.</param>
/// <param name="DurationMs">How long it took, all tries together; null when it never started.</param>
/// <param name="Errors">What went wrong, one message for each failed try.</param>
internal sealed record TestCase(
    string? Id, string Title, string? Location, TestStatus Status, long? DurationMs, IReadOnlyList<string>? Errors);

/// <summary>What is reported of a run's tests.</summary>
/// <param name="Cases">The tests, in the order of the report.</param>
/// <param name="LeftOut">How many are missing because there were too many.</param>
internal sealed record TestReport(IReadOnlyList<TestCase> Cases, int LeftOut);

/// <summary>How a test ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TestStatus>))]
internal enum TestStatus
{
    /// <summary>As it should.</summary>
    [JsonStringEnumMemberName("passed")] Passed,

    /// <summary>Otherwise.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Not within its time.</summary>
    [JsonStringEnumMemberName("timedOut")] TimedOut,

    /// <summary>As it should, after a failed try.</summary>
    [JsonStringEnumMemberName("flaky")] Flaky,

    /// <summary>It never started.</summary>
    [JsonStringEnumMemberName("skipped")] Skipped,

    /// <summary>It was cut off.</summary>
    [JsonStringEnumMemberName("interrupted")] Interrupted,
}
