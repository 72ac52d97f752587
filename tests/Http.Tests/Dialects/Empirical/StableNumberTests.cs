using Ledger.Http.Empirical;

namespace Ledger.Http.Tests.Dialects.Empirical;

public sealed class StableNumberTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("7", 7)]
    [InlineData("2147483647", int.MaxValue)]
    public void A_name_that_is_an_integer_is_its_own_number(string name, int number) => StableNumber.Of(name).ShouldBe(number);

    /// <summary>They stand in clients' settings: a change would break these.</summary>
    [Theory]
    [InlineData("shop", 227_541_459)]
    [InlineData("staging", 1_763_288_915)]
    public void Any_other_name_has_the_same_number_for_ever(string name, int number) => StableNumber.Of(name).ShouldBe(number);

    [Theory]
    [InlineData("0")]
    [InlineData("007")]
    [InlineData("-7")]
    [InlineData("+7")]
    [InlineData(" 7")]
    [InlineData("2147483648")]
    [InlineData("ünïcode")]
    public void What_only_looks_like_an_integer_has_a_number_like_any_name(string name) =>
        StableNumber.Of(name).ShouldBeGreaterThan(1_000);
}
