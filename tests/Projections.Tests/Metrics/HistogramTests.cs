using FsCheck;
using FsCheck.Fluent;
using Ledger.Projections.Metrics;

namespace Ledger.Projections.Tests.Metrics;

public sealed class HistogramTests
{
    [Fact]
    public void Without_values_there_is_no_percentile() => new Histogram().Percentile(50).ShouldBeNull();

    [Theory]
    [InlineData(50, 2)]
    [InlineData(75, 3)]
    [InlineData(75.1, 4)]
    [InlineData(100, 4)]
    [InlineData(1, 1)]
    public void A_percentile_is_the_nearest_rank(double percent, long expected) =>
        Of([1, 2, 3, 4]).Percentile(percent).ShouldBe(expected);

    [Fact]
    public void Small_values_are_exact()
    {
        foreach (var value in Enumerable.Range(0, 128))
        {
            Of([value]).Percentile(50).ShouldBe(value);
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(86_400_000)]
    [InlineData(long.MaxValue)]
    public void Large_values_are_within_the_stated_error(long value) => ShouldStandFor(Of([value]).Percentile(100)!.Value, value);

    [Fact]
    public void A_value_below_nothing_counts_as_nothing() => Of([-5]).Percentile(100).ShouldBe(0);

    [Theory]
    [InlineData("05", "a bucket without a count")]
    [InlineData("0500", "an empty bucket")]
    [InlineData("80", "half a number")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF01", "a number that is too large")]
    [InlineData("FF7F01", "a bucket beyond the last one")]
    public void Bytes_that_are_no_histogram_are_refused(string bytes, string because) =>
        Should.Throw<FormatException>(() => Histogram.FromBytes(Convert.FromHexString(bytes)), because);

    [Fact]
    public void A_rank_that_is_a_whole_number_is_not_taken_for_a_little_more() =>
        Of(Enumerable.Range(1, 100).Select(value => (long)value)).Percentile(7).ShouldBe(7);

    [Fact]
    public void Every_percentile_is_the_true_element_within_the_stated_error() => Holds(values =>
    {
        var sorted = values.Order().ToList();
        var histogram = Of(values);
        foreach (var percent in (double[])[0.1, 1, 25, 50, 90, 95, 99, 99.9, 100])
        {
            ShouldStandFor(histogram.Percentile(percent)!.Value, sorted[(int)Math.Ceiling((decimal)percent * sorted.Count / 100) - 1]);
        }
    });

    [Fact]
    public void The_order_of_values_and_the_way_of_merging_leave_no_trace() => Holds(values =>
    {
        var merged = Of(values.Take(values.Length / 3));
        merged.Add(Of(values.Skip(values.Length / 3).Reverse()));
        merged.ShouldBe(Of(values));
        merged.Count.ShouldBe(values.Length);
        merged.ToBytes().ShouldBe(Of(values).ToBytes());
    });

    [Fact]
    public void One_after_the_other_the_bytes_of_two_are_those_of_their_sum() => Holds(values =>
    {
        var halves = Of(values.Take(values.Length / 2)).ToBytes().Concat(Of(values.Skip(values.Length / 2)).ToBytes());
        Histogram.FromBytes([.. halves]).ToBytes().ShouldBe(Of(values).ToBytes());
    });

    [Fact]
    public void What_was_written_is_read_back() => Holds(values => Histogram.FromBytes(Of(values).ToBytes()).ShouldBe(Of(values)));

    private static Arbitrary<long[]> Values =>
        (from bits in Gen.Choose(1, 45) from value in Gen.Choose(0, int.MaxValue) select value % (1L << Math.Min(bits, 31)) * (bits > 31 ? 1L << (bits - 31) : 1))
        .NonEmptyListOf().Select(values => values.ToArray()).ToArbitrary();

    private static void Holds(Action<long[]> expectation) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Values, expectation));

    private static Histogram Of(IEnumerable<long> values)
    {
        var histogram = new Histogram();
        foreach (var value in values)
        {
            histogram.Add(value);
        }

        return histogram;
    }

    private static void ShouldStandFor(long shown, long value) =>
        ((double)Math.Abs(shown - value)).ShouldBeLessThanOrEqualTo(value * Histogram.RelativeError);
}
