using System.Collections.Frozen;
using System.Text.Json;

namespace Ledger.TestCases;

/// <summary>One test inside a run, as the runner reports it in <c>details.testCases</c> of the result.</summary>
/// <param name="Id">What identifies it from run to run.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Location">File and line, or null.</param>
/// <param name="Status">How it ended.</param>
/// <param name="DurationMs">How long it took, all tries together, in whole milliseconds; null when it never started.</param>
/// <param name="Errors">What went wrong, one message for each failed try.</param>
public sealed record TestCase(
    string Id, string Title, string? Location, TestCaseStatus Status, long? DurationMs, IReadOnlyList<string> Errors)
{
    private const string Member = "testCases";

    private static readonly FrozenDictionary<string, TestCaseStatus> Words = Enum.GetValues<TestCaseStatus>()
        .ToFrozenDictionary(status => status.ToString(), StringComparer.OrdinalIgnoreCase);

    /// <summary>The tests of a run, as its final result has them; see <see cref="Of(JsonElement?)"/>.</summary>
    public static IReadOnlyList<TestCase> Of(Run run) => Of(run.Final?.Details);

    /// <summary>
    /// The tests that the details of a result tell of. Those that were cut off are interrupted and those that never started skipped, as
    /// the runner saw it. Whatever in the details is not of this form is left out: they are the runner's own, and no reader may fail on
    /// them.
    /// </summary>
    public static IReadOnlyList<TestCase> Of(JsonElement? details) =>
        details is { ValueKind: JsonValueKind.Object } members
        && members.TryGetProperty(Member, out var cases)
        && cases.ValueKind is JsonValueKind.Array
            ? [.. cases.EnumerateArray().Select(Read).OfType<TestCase>()]
            : [];

    private static TestCase? Read(JsonElement item)
    {
        if (item.ValueKind is not JsonValueKind.Object
            || Text(item, "title") is not { } title
            || Text(item, "status") is not { } word
            || !Words.TryGetValue(word, out var status))
        {
            return null;
        }

        var location = Text(item, "location");
        return new TestCase(
            Text(item, "id") ?? (location is null ? title : $"{location}:{title}"),
            title,
            location,
            status,
            item.TryGetProperty("durationMs", out var duration) && duration.ValueKind is JsonValueKind.Number
                && duration.TryGetDouble(out var milliseconds) && milliseconds is >= 0 and <= int.MaxValue ? (long)milliseconds : null,
            item.TryGetProperty("errors", out var errors) && errors.ValueKind is JsonValueKind.Array
                ? [.. errors.EnumerateArray().Where(error => error.ValueKind is JsonValueKind.String).Select(error => error.GetString()!)]
                : []);
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}

/// <summary>How a test ended.</summary>
public enum TestCaseStatus
{
    /// <summary>It passed at the first try.</summary>
    Passed,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It took longer than it may.</summary>
    TimedOut,

    /// <summary>It passed after a failed try.</summary>
    Flaky,

    /// <summary>It never started.</summary>
    Skipped,

    /// <summary>It was cut off.</summary>
    Interrupted,
}
