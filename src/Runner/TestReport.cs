using System.Text.RegularExpressions;

namespace Ledger.Runner;

/// <summary>One test inside a run.</summary>
/// <param name="Id">What identifies it from run to run.</param>
/// <param name="Title">Its groups and its own title.</param>
/// <param name="Location">File and line.</param>
/// <param name="Status">How it ended.</param>
/// <param name="DurationMs">How long it took, all tries together; null when it never started.</param>
/// <param name="Errors">What went wrong, one message for each failed try.</param>
internal sealed record TestCase(
    string? Id, string Title, string? Location, TestStatus Status, long? DurationMs, IReadOnlyList<string>? Errors);

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

/// <summary>What is reported of a run's tests, from the file that the run may leave a test report in.</summary>
/// <param name="Cases">The tests, in the order of the report.</param>
/// <param name="LeftOut">How many are missing because there were too many.</param>
internal sealed record TestReport(IReadOnlyList<TestCase> Cases, int LeftOut)
{
    /// <summary>The largest report that is read.</summary>
    public const int MaximumFileBytes = 32 << 20;

    /// <summary>The most tests that are reported.</summary>
    public const int MaximumCases = 2000;

    /// <summary>The most that they may take in the result.</summary>
    public const int MaximumBytes = 160 * 1024;

    private const int RoomForErrors = 64 * 1024;

    /// <summary>Makes room for the report of the next try.</summary>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    public static void Prepare(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
    }

    /// <summary>Reads the report, if there is one, and cuts it to what a result may hold.</summary>
    public static TestReport? Read(string path) =>
        Files.Try(() => BytesOf(path), otherwise: null) is { } json && PlaywrightReport.Read(json) is { } cases ? Bounded(cases) : null;

    // The run's own code wrote the file and may have made anything of it. Opened for writing too, a pipe does not block and is known by
    // having no position.
    private static byte[]? BytesOf(string path)
    {
        if (!File.Exists(path) || File.ResolveLinkTarget(path, returnFinalTarget: false) is not null)
        {
            return null;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        if (!file.CanSeek || file.Length is 0 or > MaximumFileBytes)
        {
            return null;
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    // When not all fit, the tests that went wrong are kept first, and then as many of their messages as there is room for; none loses its
    // place among the rest.
    private static TestReport Bounded(IReadOnlyList<TestCase> cases)
    {
        var kept = new SortedDictionary<int, TestCase>();
        var room = MaximumBytes - RoomForErrors;
        foreach (var (index, test) in cases.Index().OrderBy(c => c.Item.Status is TestStatus.Passed or TestStatus.Skipped))
        {
            var bare = test with { Errors = null };
            room -= SizeOf(bare);
            if (room < 0 || kept.Count == MaximumCases)
            {
                break;
            }

            kept.Add(index, bare);
        }

        room = Math.Max(room, 0) + RoomForErrors;
        foreach (var index in kept.Keys.Where(index => cases[index].Errors is not null).ToList())
        {
            var cost = SizeOf(cases[index]) - SizeOf(kept[index]);
            if (cost <= room)
            {
                room -= cost;
                kept[index] = cases[index];
            }
        }

        return new TestReport([.. kept.Values], cases.Count - kept.Count);
    }

    private static int SizeOf(TestCase test) => JsonSerializer.SerializeToUtf8Bytes(test, LedgerJson.Default.TestCase).Length + 1;
}

/// <summary>
/// The report of Playwright's JSON reporter (suites, in them specs, in them one test per project, in them one result per try). It is
/// written by what is tested: whatever in it is of another form is left out.
/// </summary>
internal static partial class PlaywrightReport
{
    private const int MaximumText = 500;
    private const int MaximumMessage = 1000;
    private const int LongestMessage = 20_000;
    private const int MaximumErrors = 5;

    // Beyond all that is true, and small enough that no report can hold so many of them that their sum overflows.
    private const double LargestNumber = 1e11;

    // The colours of a terminal.
    [GeneratedRegex(@"\u001b\[[0-9;]*[A-Za-z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escapes { get; }

    /// <summary>The tests of a report; null if it is none.</summary>
    public static IReadOnlyList<TestCase>? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var report = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 200 });
            if (report.RootElement.ValueKind is not JsonValueKind.Object || !report.RootElement.TryGetProperty("suites", out _))
            {
                return null;
            }

            // The title of the outermost ones is the file's name, which is part of the location.
            return [.. Items(report.RootElement, "suites").SelectMany(file => CasesOf(file, titles: []))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A process that is killed while it writes leaves half a report. Names of members may be no readable text.
            return null;
        }
    }

    private static IEnumerable<TestCase> CasesOf(JsonElement suite, string[] titles) =>
    [
        .. Items(suite, "specs").SelectMany(spec => CasesOf(spec, titles, [.. Items(spec, "tests")])),
        .. Items(suite, "suites").SelectMany(inner => CasesOf(inner, [.. titles, Text(inner, "title") ?? string.Empty])),
    ];

    private static IEnumerable<TestCase> CasesOf(JsonElement spec, string[] titles, JsonElement[] tests)
    {
        var title = string.Join(" › ", titles.Append(Text(spec, "title") ?? string.Empty));
        var location = Text(spec, "file") is { } file ? $"{file}:{Number(spec, "line") ?? 0}" : null;
        var id = Text(spec, "id");
        foreach (var test in tests)
        {
            // The reporter joins what several projects make of one test under one id.
            var project = tests.Length > 1 ? Text(test, "projectName") : null;
            JsonElement[] results = [.. Items(test, "results")];
            yield return new TestCase(
                Cut(project is null ? id : $"{id}:{project}", MaximumText),
                Cut(project is null ? title : $"{title} [{project}]", MaximumText)!,
                Cut(location, MaximumText),
                StatusOf(test, results),
                results.Any(r => Text(r, "status") is not (null or "skipped")) ? results.Sum(r => Number(r, "duration") ?? 0) : null,
                ErrorsOf(results));
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

    private static List<string>? ErrorsOf(JsonElement[] results)
    {
        var errors = results
            .Select(result => Items(result, "errors").Select(error => Text(error, "message") ?? Text(error, "value")).FirstOrDefault())
            .OfType<string>()
            .Take(MaximumErrors)
            .Select(message => Cut(Escapes.Replace(Cut(message, LongestMessage)!, string.Empty), MaximumMessage)!)
            .ToList();
        return errors.Count == 0 ? null : errors;
    }

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) && items.ValueKind is JsonValueKind.Array
            ? items.EnumerateArray().Where(item => item.ValueKind is JsonValueKind.Object)
            : [];

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? JsonText.Of(value) ?? "(not readable)"
            : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number
            && value.TryGetDouble(out var number) && number is >= 0 and < LargestNumber ? (long)number : null;

    private static string? Cut(string? text, int length) => text is null ? null : JsonText.Cut(text, length);
}
