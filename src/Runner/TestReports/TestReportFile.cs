using System.Text.Json;
using Ledger.Runner.Wire;

namespace Ledger.Runner.TestReports;

/// <summary>The file that a run may leave a test report in.</summary>
internal static class TestReportFile
{
    /// <summary>The largest report that is read.</summary>
    public const int MaximumFileBytes = 32 << 20;

    /// <summary>The most tests that are reported.</summary>
    public const int MaximumCases = 2000;

    /// <summary>The most that they may take in the result.</summary>
    public const int MaximumBytes = 160 * 1024;

    /// <summary>Makes room for the report of the next try.</summary>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    public static void Prepare(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
    }

    /// <summary>Reads the report, if there is one, and cuts it to what a result may hold.</summary>
    public static TestReport? Read(string path) =>
        BytesOf(path) is { } json && PlaywrightReport.Read(json) is { } cases ? Bounded(cases) : null;

    private const int RoomForErrors = 64 * 1024;

    // The run's own code wrote the file and may have made anything of it. Opened for writing too, a pipe does not block and is known by
    // having no position.
    private static byte[]? BytesOf(string path)
    {
        try
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
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
