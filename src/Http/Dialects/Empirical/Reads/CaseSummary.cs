using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.Empirical.Reads;

/// <summary>A test of a run, in short.</summary>
/// <param name="Status">passed, failed, timedOut, flaky, skipped or interrupted.</param>
/// <param name="PwTestId">What identifies the test from run to run.</param>
/// <param name="SnoozeInfo">Always null: the ledger snoozes nothing.</param>
public sealed record CaseSummary(
    string Status,
    [property: JsonPropertyName("pw_test_id")] string PwTestId,
    [property: JsonPropertyName("snooze_info")] object? SnoozeInfo)
{
    public static CaseSummary Of(TestCase test) => new(StatusOf(test), test.Id, null);

    public static string StatusOf(TestCase test) => JsonNamingPolicy.CamelCase.ConvertName(test.Status.ToString());
}

/// <summary>A test of a run.</summary>
/// <param name="PwTestId">What identifies the test from run to run.</param>
/// <param name="Status">passed, failed, timedOut, flaky, skipped or interrupted.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Location">File and line, or null.</param>
/// <param name="Duration">Milliseconds, all tries together; null when it never started.</param>
/// <param name="Errors">One message for each failed try.</param>
public sealed record CaseDetail(
    [property: JsonPropertyName("pw_test_id")] string PwTestId,
    string Status,
    string Title,
    string? Location,
    long? Duration,
    IReadOnlyList<string> Errors)
{
    public static CaseDetail Of(TestCase test) =>
        new(test.Id, CaseSummary.StatusOf(test), test.Title, test.Location, test.DurationMs, test.Errors);
}
