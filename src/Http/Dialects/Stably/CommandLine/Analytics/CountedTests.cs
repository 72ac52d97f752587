using Ledger.Sessions;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.Stably.CommandLine.Analytics;

/// <summary>How often each test of some runs was executed, and how that ended. Skipped and interrupted tests are not counted.</summary>
/// <param name="period">The period that the runs are of.</param>
/// <param name="filters">What else the runs were chosen by.</param>
/// <param name="limit">How many tests to show.</param>
public sealed class CountedTests(AnalyticsPeriod period, AnalyticsFilters filters, int limit)
{
    private readonly Dictionary<string, CountedTest> tests = new(StringComparer.Ordinal);

    public AnalyticsPeriod Period => period;

    public AnalyticsFilters Filters => filters;

    public int Limit => limit;

    /// <summary>Runs with at least one counted test.</summary>
    public int Runs { get; private set; }

    /// <summary>Counts a run that came to a result; the latest run first, so that titles and places are the latest ones.</summary>
    public void Add(Run run)
    {
        var executed = TestCase.Of(run).Where(test => test.Status is not (TestCaseStatus.Skipped or TestCaseStatus.Interrupted)).ToList();
        Runs += executed.Count > 0 ? 1 : 0;
        foreach (var test in executed)
        {
            if (!tests.TryGetValue(test.Id, out var counted))
            {
                tests[test.Id] = counted = new CountedTest(test.Id, test.Title, test.Location);
            }

            counted.Count(test.Status, run.SettledAt);
        }
    }

    /// <summary>Those of a kind, by their rate.</summary>
    public IReadOnlyList<CountedTest> RankedBy(Func<CountedTest, Occurrences> kind) =>
    [
        .. tests.Values
            .Where(test => kind(test).Times > 0)
            .OrderByDescending(test => test.RateOf(kind(test)))
            .ThenByDescending(test => kind(test).Times)
            .ThenBy(test => test.Id, StringComparer.Ordinal),
    ];
}

/// <summary>One test over several runs.</summary>
public sealed class CountedTest(string id, string title, string? location)
{
    public string Id => id;

    public string Title => title;

    public string? Location => location;

    /// <summary>How often it was executed.</summary>
    public int Executed { get; private set; }

    /// <summary>How often it passed only after a failed try.</summary>
    public Occurrences Flaky { get; private set; }

    /// <summary>How often it failed or exceeded its limit.</summary>
    public Occurrences Failed { get; private set; }

    public void Count(TestCaseStatus status, DateTimeOffset? at)
    {
        Executed++;
        switch (status)
        {
            case TestCaseStatus.Flaky:
                Flaky = Flaky.And(at);
                break;
            case TestCaseStatus.Failed or TestCaseStatus.TimedOut:
                Failed = Failed.And(at);
                break;
        }
    }

    /// <summary>A fraction from 0 to 1, to four decimals.</summary>
    public double RateOf(Occurrences occurrences) => Math.Round((double)occurrences.Times / Executed, 4);
}

/// <summary>How often something happened, and when last.</summary>
public readonly record struct Occurrences(int Times, DateTimeOffset? Last)
{
    public Occurrences And(DateTimeOffset? at) => new(Times + 1, Last > at ? Last : at);
}
