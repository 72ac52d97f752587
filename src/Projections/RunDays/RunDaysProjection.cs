using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Ledger.TestCases;

namespace Ledger.Projections.RunDays;

/// <summary>
/// How did the plain test runs of each day end (docs/dialects/empirical.md#analytics)? What settles a plain run says on which day and with
/// what it was triggered, so that it is added to its day as it comes; events of other sessions pass by.
/// </summary>
internal sealed class RunDaysProjection() : Projection(RunDaysReader.ProjectionName)
{
    private static readonly Table<KeyValuePair<RunDayKey, RunDayCounts>> Table = new Table<KeyValuePair<RunDayKey, RunDayCounts>>("run_days")
        .Key("account_id", day => day.Key.AccountId)
        .Key("day", day => day.Key.Day)
        .Key("place", day => day.Key.Place.Digest)
        .Once("project", day => day.Key.Place.Project)
        .Once("environment", day => day.Key.Place.Environment)
        .Once("branch", day => day.Key.Place.Branch)
        .Sum("passed", day => day.Value.Passed)
        .Sum("failed", day => day.Value.Failed)
        .Sum("error", day => day.Value.Error)
        .Sum("cancelled", day => day.Value.Cancelled)
        .Sum("reruns", day => day.Value.Reruns)
        .Sum("total_tests", day => day.Value.TotalTests)
        .Sum("passed_tests", day => day.Value.PassedTests)
        .Sum("failed_tests", day => day.Value.FailedTests)
        .Sum("flaky_tests", day => day.Value.FlakyTests);

    internal override IReadOnlyCollection<Type> Handles { get; } = [.. EventTypes.That<ISettlesRun>()];

    internal override Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var days = Counted(events);
        return Task.FromResult<IReadOnlyList<NpgsqlBatchCommand>>(days.Count == 0 ? [] : [Table.Upsert(days)]);
    }

    /// <summary>What events add to which day; each day once. Pure.</summary>
    internal static IReadOnlyList<KeyValuePair<RunDayKey, RunDayCounts>> Counted(IEnumerable<RecordedEvent> events)
    {
        var days = new Dictionary<RunDayKey, RunDayCounts>();
        foreach (var recorded in events)
        {
            if (recorded.Data is ISettlesRun { Outcome: { } outcome, Run: { Plain: { } plain } run } settled)
            {
                var day = new RunDayKey(
                    recorded.Stream.AccountId,
                    DateOnly.FromDateTime(plain.TriggeredAt.UtcDateTime),
                    new RunPlace(run.Project, plain.Environment, plain.Branch));
                var counts = CountsOf(settled, outcome, plain);
                days[day] = days.TryGetValue(day, out var before) ? before + counts : counts;
            }
        }

        return [.. days];
    }

    private static RunDayCounts CountsOf(ISettlesRun settled, RunState outcome, PlainRunFacts plain)
    {
        if (!outcome.Counts())
        {
            return new RunDayCounts { Cancelled = 1 };
        }

        var counts = outcome switch
        {
            RunState.Passed or RunState.Degraded => new RunDayCounts { Passed = 1 },
            RunState.Failed => new RunDayCounts { Failed = 1 },
            RunState.TimedOut or RunState.Lost => new RunDayCounts { Error = 1 },
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "No end of a run."),
        };
        counts = settled is ResultReported report ? counts.With(TestCase.Of(report.Details)) : counts;
        return plain.IsRerun ? counts with { Reruns = 1 } : counts;
    }
}

/// <summary>What runs of a day are told apart by.</summary>
/// <param name="Project">The project; null for the account's default one.</param>
/// <param name="Environment">The slug of the environment; null when none is known.</param>
/// <param name="Branch">The branch; null when none is known.</param>
internal sealed record RunPlace(string? Project, string? Environment, string? Branch)
{
    /// <summary>The same for the same place, on every host and for ever: texts of any length make no key of a table.</summary>
    public Guid Digest
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> length = stackalloc byte[sizeof(int)];
            foreach (var text in (ReadOnlySpan<string?>)[Project, Environment, Branch])
            {
                var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
                BinaryPrimitives.WriteInt32BigEndian(length, text is null ? -1 : bytes.Length);
                hash.AppendData(length);
                hash.AppendData(bytes);
            }

            return new Guid(hash.GetHashAndReset().AsSpan(0, 16), bigEndian: true);
        }
    }
}

/// <summary>One row of <c>run_days</c>.</summary>
internal readonly record struct RunDayKey(Guid AccountId, DateOnly Day, RunPlace Place);
