using System.Text.Json;
using Ledger.Projections.RunDays;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.TestCases;

namespace Ledger.Projections.Tests.RunDays;

/// <summary>
/// What a day counts, against a recount of what the sessions themselves say (docs/dialects/empirical.md#analytics, docs/domain.md#p7).
/// </summary>
public sealed class RunDaysProjectionTests
{
    private static readonly Guid Account = Guid.NewGuid();

    [Fact]
    public void Days_count_what_the_sessions_say_whatever_the_batches()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var history = new RunHistory(random, sessions: 30);

            Fold(history.Events, () => random.Next(1, 40)).ShouldBe(Recount(history.Sessions), ignoreOrder: true, $"seed {seed}");
        }
    }

    [Fact]
    public void Cancelled_runs_change_no_number_but_their_own()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var history = new RunHistory(new Random(seed), sessions: 30);
            var cancelled = history.Sessions
                .Where(session => session is { Kind: SessionKind.Run, Runs: [{ State: RunState.Cancelled }] })
                .Select(session => session.Id)
                .ToHashSet();
            var without = Fold([.. history.Events.Where(recorded => !cancelled.Contains(recorded.Stream.SessionId))], () => 7);

            var with = Fold(history.Events, () => 7);

            foreach (var (day, counts) in with)
            {
                (counts with { Cancelled = 0 }).ShouldBe(without.GetValueOrDefault(day) ?? new RunDayCounts(), $"seed {seed}, {day}");
            }

            with.Values.Sum(counts => counts.Cancelled).ShouldBe(cancelled.Count);
        }
    }

    [Fact]
    public void An_open_run_counts_nothing_and_a_settled_one_once()
    {
        var stream = new RecordedStream(Some.Session(Account, SessionKind.Run));
        var run = stream.Session.Runs[0].SequenceId;
        stream.Add((session, now) => ClaimRun.Decide(session, new ClaimRun(run, "r", 30), now).Events);
        Fold(stream.Events, () => 1).ShouldBeEmpty();

        var report = Some.Result(run, "r", hasFailures: true);
        stream.Add((session, now) => ReportResult.Decide(session, report, now).Events);
        stream.Add((session, now) => ReportResult.Decide(session, report with { ResultId = Guid.NewGuid() }, now).Events);

        Fold(stream.Events, () => 1).Values.ShouldBe([new RunDayCounts { Failed = 1 }]);
    }

    [Theory]
    [InlineData(SessionKind.Check)]
    [InlineData(SessionKind.Test)]
    public void Sessions_of_other_kinds_pass_by(SessionKind kind)
    {
        var stream = new RecordedStream(Some.Session(Account, kind));
        var run = stream.Session.Runs[0].SequenceId;
        stream.Add((session, now) => ClaimRun.Decide(session, new ClaimRun(run, "r", 30), now).Events);
        stream.Add((session, now) => ReportResult.Decide(session, Some.Result(run, "r"), now).Events);

        Fold(stream.Events, () => 1).ShouldBeEmpty();
    }

    [Fact]
    public void Places_that_differ_have_different_digests()
    {
        string?[] texts = [null, "", "a", "b", "ab", new string('x', 100_000)];
        var places = texts.SelectMany(one => texts.SelectMany(two => texts.Select(three => new RunPlace(one, two, three)))).ToList();

        places.Select(place => place.Digest).Distinct().Count().ShouldBe(places.Count);
        new RunPlace("shop", null, "main").Digest.ShouldBe(new RunPlace("shop", null, "main").Digest);
    }

    /// <summary>Folds as the daemon does: batch after batch, with the counts added up.</summary>
    private static Dictionary<RunDayKey, RunDayCounts> Fold(IReadOnlyList<RecordedEvent> events, Func<int> batchSize)
    {
        var days = new Dictionary<RunDayKey, RunDayCounts>();
        for (var next = 0; next < events.Count;)
        {
            var batch = events.Skip(next).Take(batchSize()).ToList();
            next += batch.Count;
            foreach (var (day, counts) in RunDaysProjection.Counted(batch))
            {
                days[day] = days.TryGetValue(day, out var before) ? before + counts : counts;
            }
        }

        return days;
    }

    private static Dictionary<RunDayKey, RunDayCounts> Recount(IEnumerable<Session> sessions)
    {
        var days = new Dictionary<RunDayKey, RunDayCounts>();
        foreach (var session in sessions.Where(session => session.Kind is SessionKind.Run && session.SettledAt is not null))
        {
            var run = session.Runs[0];
            var tests = run.State is RunState.Cancelled ? [] : TestCase.Of(run);
            var facts = session.Metadata!.Value;
            var place = new RunPlace(session.Project, Text(facts, "environment"), Text(facts, "branchName"));
            var key = new RunDayKey(session.AccountId, DateOnly.FromDateTime(session.TriggeredAt.UtcDateTime), place);
            var before = days.GetValueOrDefault(key) ?? new RunDayCounts();
            days[key] = new RunDayCounts
            {
                Passed = before.Passed + (run.State is RunState.Passed or RunState.Degraded ? 1 : 0),
                Failed = before.Failed + (run.State is RunState.Failed ? 1 : 0),
                Error = before.Error + (run.State is RunState.Lost or RunState.TimedOut ? 1 : 0),
                Cancelled = before.Cancelled + (run.State is RunState.Cancelled ? 1 : 0),
                Reruns = before.Reruns + (facts.TryGetProperty("rerun_source_id", out _) && run.State is not RunState.Cancelled ? 1 : 0),
                TotalTests = before.TotalTests + tests.Count,
                PassedTests = before.PassedTests + tests.Count(test => test.Status is TestCaseStatus.Passed),
                FailedTests = before.FailedTests + tests.Count(test => test.Status is TestCaseStatus.Failed or TestCaseStatus.TimedOut),
                FlakyTests = before.FlakyTests + tests.Count(test => test.Status is TestCaseStatus.Flaky),
            };
        }

        return days;
    }

    private static string? Text(JsonElement facts, string name) => facts.TryGetProperty(name, out var value) ? value.GetString() : null;
}
