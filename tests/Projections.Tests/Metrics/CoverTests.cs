using Ledger.Projections.Metrics;

namespace Ledger.Projections.Tests.Metrics;

public sealed class CoverTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Whole_days_are_read_as_days_then_hours_then_single_results()
    {
        var cover = Cover.Of([At(0, 22, 30), At(3, 1, 15)]);

        cover.Results.ShouldBe([new Period(At(0, 22, 30), At(0, 23)), new Period(At(3, 1), At(3, 1, 15))]);
        cover.Hours.ShouldBe([new Period(At(0, 23), At(1)), new Period(At(3), At(3, 1))]);
        cover.Days.ShouldBe([new Period(At(1), At(3))]);
    }

    [Fact]
    public void What_lies_side_by_side_is_read_at_once()
    {
        Cover.Of([At(0), At(1), At(2), At(9)]).Days.ShouldBe([new Period(At(0), At(9))]);
        var berlin = Cover.Of([At(0, 23), At(1, 23), At(2, 23)]);
        berlin.Hours.ShouldBe([new Period(At(0, 23), At(2, 23))]);
        berlin.Days.ShouldBeEmpty();
        Cover.Of([At(0), At(0, 0, 10), At(0, 0, 20)]).Results.ShouldBe([new Period(At(0), At(0, 0, 20))]);
    }

    [Fact]
    public void An_end_that_never_comes_is_covered_by_days() =>
        Cover.Of([At(0, 5), CheckMetricsQuery.Unbounded]).Days.ShouldBe([new Period(At(1), CheckMetricsQuery.Unbounded)]);

    [Fact]
    public void Every_moment_of_any_buckets_is_covered_once_and_no_other()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var bounds = Enumerable.Range(0, random.Next(2, 8)).Select(_ => Arbitrary(random)).Order().ToList();
            var cover = Cover.Of(bounds);
            var all = cover.Days.Concat(cover.Hours).Concat(cover.Results).OrderBy(part => part.From).ToList();

            all.Aggregate(bounds[0], (end, part) =>
            {
                part.From.ShouldBe(end, $"seed {seed}");
                part.To.ShouldBeGreaterThan(part.From, $"seed {seed}");
                return part.To;
            }).ShouldBe(bounds[^1], $"seed {seed}");
            cover.Days.SelectMany(Ends).ShouldAllBe(end => end.TimeOfDay == TimeSpan.Zero);
            cover.Hours.SelectMany(Ends).ShouldAllBe(end => end.TimeOfDay.Ticks % TimeSpan.TicksPerHour == 0);

            // A row of a day or an hour that reached over a bound would count in the wrong bucket.
            foreach (var bound in bounds[1..^1])
            {
                cover.Days.Where(part => part.From < bound && bound < part.To).ShouldAllBe(_ => bound.TimeOfDay == TimeSpan.Zero);
                cover.Hours.Where(part => part.From < bound && bound < part.To)
                    .ShouldAllBe(_ => bound.TimeOfDay.Ticks % TimeSpan.TicksPerHour == 0);
            }
        }
    }

    [Fact]
    public void The_ends_of_all_time_are_no_trouble()
    {
        Cover.Of([DateTimeOffset.MinValue, DateTimeOffset.MaxValue]).Results.ShouldNotBeEmpty();
        Cover.Of([DateTimeOffset.MaxValue.AddMinutes(-1), DateTimeOffset.MaxValue]).Results.ShouldHaveSingleItem();
        Cover.Of([At(0), At(0)]).Results.ShouldBeEmpty();
    }

    private static IEnumerable<DateTimeOffset> Ends(Period part) => [part.From, part.To];

    private static DateTimeOffset At(int day, int hour = 0, int minute = 0) => Start.AddDays(day).AddHours(hour).AddMinutes(minute);

    private static DateTimeOffset Arbitrary(Random random) => random.Next(3) switch
    {
        0 => At(random.Next(6)),
        1 => At(random.Next(6), random.Next(24)),
        _ => Start.AddSeconds(random.Next(6 * 86_400)),
    };
}
