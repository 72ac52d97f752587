using System.Numerics;
using Ledger.Projections.Metrics;

namespace Ledger.Projections.Tests.Metrics;

public sealed class ResponseTimesTests
{
    [Fact]
    public void Without_any_there_is_nothing_to_tell()
    {
        var none = new ResponseTimes();

        (none.Count, none.Average, none.Deviation, none.Shortest, none.Longest, none.Percentile(50))
            .ShouldBe((0, null, null, null, null, null));
    }

    [Fact]
    public void Averages_and_deviations_have_two_decimals()
    {
        var times = Of(2, 4, 4, 4, 5, 5, 7, 9);

        times.Average.ShouldBe(5m);
        times.Deviation.ShouldBe(2m);
        Of(1, 1, 2).Average.ShouldBe(1.33m);
        Of(1, 1, 2).Deviation.ShouldBe(0.47m);
    }

    [Fact]
    public void The_first_and_the_last_of_them_are_exact()
    {
        var times = Of(10_001, 20_003, 41_231);

        (times.Percentile(1), times.Percentile(95), times.Percentile(100)).ShouldBe((10_001, 41_231, 41_231));
        times.Percentile(50)!.Value.ShouldBeInRange(19_847, 20_159);
    }

    [Fact]
    public void A_percentile_is_never_beyond_what_there_is() => Of(300, 300, 300).Percentile(50).ShouldBe(300);

    [Fact]
    public void Sums_do_not_overflow()
    {
        var times = Of(long.MaxValue, long.MaxValue, 0);

        times.Sum.ShouldBe(2 * (BigInteger)long.MaxValue);
        times.SumOfSquares.ShouldBe(2 * BigInteger.Pow(long.MaxValue, 2));
        times.Average!.Value.ShouldBe(2m * long.MaxValue / 3, 0.01m);
        times.Deviation!.Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void None_added_changes_nothing()
    {
        var times = Of(3, 8);
        times.Add(new ResponseTimes());

        (times.Count, times.Shortest, times.Longest).ShouldBe((2, 3, 8));
        var others = new ResponseTimes();
        others.Add(times);
        (others.Count, others.Shortest, others.Longest).ShouldBe((2, 3, 8));
    }

    private static ResponseTimes Of(params long[] values)
    {
        var times = new ResponseTimes();
        foreach (var value in values)
        {
            times.Add(value);
        }

        return times;
    }
}
