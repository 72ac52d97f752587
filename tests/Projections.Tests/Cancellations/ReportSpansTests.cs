using Ledger.Projections.Cancellations;

namespace Ledger.Projections.Tests.Cancellations;

public sealed class ReportSpansTests
{
    private static readonly DateTimeOffset Midnight = new(2026, 1, 15, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_parts_of_a_range_cover_it_once_without_a_gap()
    {
        var random = new Random(7);
        for (var n = 0; n < 5_000; n++)
        {
            var from = Midnight.AddMinutes(random.Next(0, 6_000) * (random.Next(2) == 0 ? 60 : 1));
            var range = new TimeRange(from, from.AddMinutes(random.Next(0, 6_000) * (random.Next(3) == 0 ? 60 : 1)));

            var spans = ReportSpans.Of(range);

            var parts = spans.Sums.Select(sum => sum.Range).Concat(spans.Edges).OrderBy(part => part.From).ToList();
            parts.ShouldAllBe(part => !part.IsEmpty);
            var at = range.From;
            foreach (var part in parts)
            {
                part.From.ShouldBe(at);
                at = part.To;
            }

            at.ShouldBe(range.To);
            spans.Sums.ShouldAllBe(sum =>
                Grains.Floor(sum.Grain, sum.Range.From) == sum.Range.From && Grains.Floor(sum.Grain, sum.Range.To) == sum.Range.To);
            spans.Edges.ShouldAllBe(edge => edge.To - edge.From < TimeSpan.FromHours(2));
            spans.Sums.Where(sum => sum.Grain is Grain.Hour).ShouldAllBe(sum => sum.Range.To - sum.Range.From < TimeSpan.FromHours(47));
        }
    }

    [Fact]
    public void The_ends_of_all_time_are_no_trouble()
    {
        ReportSpans.Of(new TimeRange(DateTimeOffset.MinValue, DateTimeOffset.MaxValue)).Edges.ShouldNotBeNull();
        ReportSpans.Of(new TimeRange(DateTimeOffset.MaxValue.AddMinutes(-1), DateTimeOffset.MaxValue)).Sums.ShouldBeEmpty();
        var nothing = ReportSpans.Of(new TimeRange(Midnight, Midnight));
        nothing.Sums.ShouldBeEmpty();
        nothing.Edges.ShouldBeEmpty();
    }
}
