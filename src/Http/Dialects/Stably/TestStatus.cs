using System.Text.Json.Serialization;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.Stably;

/// <summary>How a test ended, in Stably's words (wire.md 9).</summary>
public enum TestStatus
{
    [JsonStringEnumMemberName("PASSED")] Passed,
    [JsonStringEnumMemberName("FAILED")] Failed,
    [JsonStringEnumMemberName("TIMEDOUT")] TimedOut,
    [JsonStringEnumMemberName("SKIPPED")] Skipped,
    [JsonStringEnumMemberName("INTERRUPTED")] Interrupted,

    /// <summary>It passed after a failed try. Only the command line knows the word.</summary>
    [JsonStringEnumMemberName("FLAKY")] Flaky,
}

public static class TestStatuses
{
    /// <summary>As the command line is told.</summary>
    public static TestStatus Of(TestCaseStatus status) => status switch
    {
        TestCaseStatus.Passed => TestStatus.Passed,
        TestCaseStatus.Failed => TestStatus.Failed,
        TestCaseStatus.TimedOut => TestStatus.TimedOut,
        TestCaseStatus.Skipped => TestStatus.Skipped,
        TestCaseStatus.Interrupted => TestStatus.Interrupted,
        TestCaseStatus.Flaky => TestStatus.Flaky,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A test's end without a word."),
    };

    /// <summary>As the public interface says it, which has no word for flaky: such a test has passed in the end.</summary>
    public static TestStatus PublicOf(TestCaseStatus status) => Of(status) is TestStatus.Flaky ? TestStatus.Passed : Of(status);
}
