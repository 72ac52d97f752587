using System.Globalization;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Empirical.Lists;

/// <summary>The query of a list of test runs (wire.md 6.2). A parameter without a value counts as absent.</summary>
/// <param name="Page">The page's number, from 1.</param>
/// <param name="PerPage">The longest page.</param>
/// <param name="Number">The one run that is asked for.</param>
/// <param name="Branch">The branch.</param>
/// <param name="Days">Only runs of the last so many days.</param>
/// <param name="State">The state.</param>
/// <param name="Result">The result.</param>
/// <param name="EnvironmentNumbers">The integers of the environments; empty for all.</param>
public sealed record TestRunFilter(
    int Page,
    int PerPage,
    long? Number,
    string? Branch,
    int? Days,
    TestRunState? State,
    TestRunResult? Result,
    IReadOnlyList<int> EnvironmentNumbers)
{
    private const int LastPage = 1_000_000;
    private const int LongestPage = 100;
    private const int MostDays = 36_500;

    /// <summary>How many runs stand on the pages before.</summary>
    public long Offset => (Page - 1L) * PerPage;

    /// <summary>The states of open runs that are asked for; empty when those of settled ones are, or all.</summary>
    public IReadOnlyList<RunState> OpenStates => State is { } state ? TestRunStates.OpenStatesOf(state) : [];

    /// <summary>The statuses of settled sessions that are asked for; empty when those of open ones are, or all.</summary>
    public IReadOnlyList<SessionStatus> Statuses { get; } = (State, Result) switch
    {
        (null, null) => [],
        (null, { } result) => StatusesOf(result),
        ({ } state, null) => TestRunStates.StatusesOf(state),
        ({ } state, { } result) => [.. TestRunStates.StatusesOf(state).Intersect(StatusesOf(result))],
    };

    /// <summary>Whether no run can be meant: no run is ever pending, and none has a result before it has ended.</summary>
    public bool IsImpossible => (State, Result) is not (null, null) && Statuses.Count == 0 && (OpenStates.Count == 0 || Result is not null);

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static TestRunFilter Read(HttpRequest request) => new(
        Inputs.Int(request, "page", 1, LastPage, 1),
        Inputs.Int(request, "per_page", 1, LongestPage, 20),
        Has(request, "id") ? FindTestRun.Number(request.Query["id"].ToString()) ?? long.MaxValue : null,
        Has(request, "branch") ? Inputs.Name("branch", request.Query["branch"]) : null,
        Has(request, "interval_in_days") ? Inputs.Int(request, "interval_in_days", 1, MostDays, MostDays) : null,
        Has(request, "state") ? QueryWords<TestRunState>.One(request, "state") : null,
        Has(request, "result") ? QueryWords<TestRunResult>.One(request, "result") : null,
        [.. QueryArrays.Read(request.Query, "environment_ids").Select(Environment)]);

    private static bool Has(HttpRequest request, string name) => request.Query[name].ToString().Length > 0;

    private static int Environment(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw RequestRejected.BadRequest("'environment_ids' must be the integers of environments.");

    private static IReadOnlyList<SessionStatus> StatusesOf(TestRunResult result) =>
        result is TestRunResult.Passed ? [SessionStatus.Passed, SessionStatus.Degraded] : [SessionStatus.Failed];
}

/// <summary>How a test run came to its own end; one that ended with an error or was cancelled has neither result.</summary>
public enum TestRunResult
{
    /// <summary>All tests passed.</summary>
    Passed,

    /// <summary>A test failed.</summary>
    Failed,
}
