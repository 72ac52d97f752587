using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ledger.Runner.TestReports;

/// <summary>
/// The report of Playwright's JSON reporter (suites, in them specs, in them one test per project, in them one result per try). It is
/// written by what is tested: whatever in it is of another form is left out.
/// </summary>
internal static partial class PlaywrightReport
{
    private const int MaximumDepth = 200;
    private const int MaximumText = 500;
    private const int MaximumMessage = 1000;
    private const int LongestMessage = 20_000;
    private const int MaximumErrors = 5;

    // Beyond all that is true, and small enough that no report can hold so many of them that their sum overflows.
    private const double LargestNumber = 1e11;
    private const string Unreadable = "(not readable)";

    /// <summary>The tests of a report; null if it is none.</summary>
    public static IReadOnlyList<TestCase>? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var report = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            if (report.RootElement.ValueKind is not JsonValueKind.Object || !report.RootElement.TryGetProperty("suites", out var suites))
            {
                return null;
            }

            var cases = new List<TestCase>();
            foreach (var file in Items(suites))
            {
                // Its title is the file's name, which is part of the location.
                AddSuite(cases, file, titles: []);
            }

            return cases;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A process that is killed while it writes leaves half a report. Names of members may be no readable text.
            return null;
        }
    }

    private static void AddSuite(List<TestCase> cases, JsonElement suite, string[] titles)
    {
        foreach (var spec in Items(suite, "specs"))
        {
            AddSpec(cases, spec, titles, [.. Items(spec, "tests")]);
        }

        foreach (var inner in Items(suite, "suites"))
        {
            AddSuite(cases, inner, [.. titles, Text(inner, "title") ?? string.Empty]);
        }
    }

    private static void AddSpec(List<TestCase> cases, JsonElement spec, string[] titles, JsonElement[] tests)
    {
        var title = string.Join(" › ", titles.Append(Text(spec, "title") ?? string.Empty));
        var location = Text(spec, "file") is { } file ? $"{file}:{Number(spec, "line") ?? 0}" : null;
        foreach (var test in tests)
        {
            // The reporter joins what several projects make of one test under one id.
            var project = tests.Length > 1 ? Text(test, "projectName") : null;
            var id = Text(spec, "id");
            var results = Items(test, "results").ToArray();
            cases.Add(new TestCase(
                Cut(project is null ? id : $"{id}:{project}", MaximumText),
                Cut(project is null ? title : $"{title} [{project}]", MaximumText)!,
                Cut(location, MaximumText),
                StatusOf(test, results),
                results.Any(WasStarted) ? results.Sum(r => Number(r, "duration") ?? 0) : null,
                ErrorsOf(results)));
        }
    }

    // The test's status compares with what was expected of it; that it was cut off stands with its last try only.
    private static TestStatus StatusOf(JsonElement test, JsonElement[] results)
    {
        var last = results.Length == 0 ? null : Text(results[^1], "status");
        return Text(test, "status") switch
        {
            "flaky" => TestStatus.Flaky,
            "expected" => TestStatus.Passed,
            _ when last is "interrupted" => TestStatus.Interrupted,
            "unexpected" => last is "timedOut" ? TestStatus.TimedOut : TestStatus.Failed,
            _ => TestStatus.Skipped,
        };
    }

    private static bool WasStarted(JsonElement result) => Text(result, "status") is not (null or "skipped");

    private static List<string>? ErrorsOf(JsonElement[] results)
    {
        var errors = results
            .Select(result => Items(result, "errors").Select(error => Text(error, "message") ?? Text(error, "value")).FirstOrDefault())
            .OfType<string>()
            .Take(MaximumErrors)
            .Select(message => Cut(Escapes().Replace(Cut(message, LongestMessage)!, string.Empty), MaximumMessage)!)
            .ToList();
        return errors.Count == 0 ? null : errors;
    }

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var items) ? Items(items) : [];

    private static IEnumerable<JsonElement> Items(JsonElement items) =>
        items.ValueKind is JsonValueKind.Array ? items.EnumerateArray().Where(i => i.ValueKind is JsonValueKind.Object) : [];

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? JsonText.Of(value) ?? Unreadable
            : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number
            && value.TryGetDouble(out var number) && number is >= 0 and < LargestNumber ? (long)number : null;

    private static string? Cut(string? text, int length)
    {
        if (text is null)
        {
            return null;
        }

        var clean = text.Replace('\0', '\uFFFD');
        return clean.Length <= length ? clean : string.Concat(clean.AsSpan(0, length - 1), "…");
    }

    // The colours of a terminal.
    [GeneratedRegex(@"\u001b\[[0-9;]*[A-Za-z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escapes();
}
