using Ledger.TestCases;

namespace Ledger.Projections.RunDays;

/// <summary>
/// How runs ended, and how many tests they had. Cancelled runs are counted beside: they are in no other number (docs/domain.md#rule-7,
/// docs/dialects/empirical.md#analytics).
/// </summary>
public sealed record RunDayCounts
{
    /// <summary>Runs that passed, degraded ones among them.</summary>
    public long Passed { get; init; }

    /// <summary>Runs that ended with a failure.</summary>
    public long Failed { get; init; }

    /// <summary>Runs that could not come to their end: they took longer than they may, or their runner vanished.</summary>
    public long Error { get; init; }

    /// <summary>Runs that were cancelled.</summary>
    public long Cancelled { get; init; }

    /// <summary>Those of <see cref="Runs"/> that repeat an earlier run.</summary>
    public long Reruns { get; init; }

    /// <summary>Tests of all <see cref="Runs"/>.</summary>
    public long TotalTests { get; init; }

    /// <summary>Tests that passed at the first try.</summary>
    public long PassedTests { get; init; }

    /// <summary>Tests that failed or timed out.</summary>
    public long FailedTests { get; init; }

    /// <summary>Tests that passed after a failed try.</summary>
    public long FlakyTests { get; init; }

    /// <summary>All runs that count: those that came to an end of their own.</summary>
    public long Runs => Passed + Failed + Error;

    /// <summary>Both together.</summary>
    public static RunDayCounts operator +(RunDayCounts one, RunDayCounts other) => new()
    {
        Passed = one.Passed + other.Passed,
        Failed = one.Failed + other.Failed,
        Error = one.Error + other.Error,
        Cancelled = one.Cancelled + other.Cancelled,
        Reruns = one.Reruns + other.Reruns,
        TotalTests = one.TotalTests + other.TotalTests,
        PassedTests = one.PassedTests + other.PassedTests,
        FailedTests = one.FailedTests + other.FailedTests,
        FlakyTests = one.FlakyTests + other.FlakyTests,
    };

    /// <summary>The same with the tests of a run that counts.</summary>
    internal RunDayCounts With(IReadOnlyList<TestCase> tests) => this with
    {
        TotalTests = tests.Count,
        PassedTests = tests.Count(test => test.Status is TestCaseStatus.Passed),
        FailedTests = tests.Count(test => test.Status is TestCaseStatus.Failed or TestCaseStatus.TimedOut),
        FlakyTests = tests.Count(test => test.Status is TestCaseStatus.Flaky),
    };
}
