using Ledger.Projections.SessionList;

namespace Ledger.Projections.Tests.SessionList;

public sealed class SessionListCursorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4_711)]
    [InlineData(long.MaxValue)]
    public void What_was_written_is_read(long number)
    {
        SessionListCursor.TryRead(SessionListCursor.After(number), out var read).ShouldBeTrue();
        read.ShouldBe(number);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("AAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAA!")]
    [InlineData("AAAAAAAAAAA")]
    [InlineData("_________-8")]
    public void Anything_else_is_no_cursor(string? text) => SessionListCursor.TryRead(text, out _).ShouldBeFalse();
}
