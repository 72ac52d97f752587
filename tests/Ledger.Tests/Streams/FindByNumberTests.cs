using Ledger.Sessions;
using Ledger.Store;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

/// <summary>A session's number is the position of its first event, and of nothing else (http.md).</summary>
public sealed class FindByNumberTests
{
    private static readonly StreamId Second = new(Account, Unknown);
    private static readonly StreamId Foreign = new(Guid.NewGuid(), Unknown);

    private readonly Host host;
    private readonly InMemoryEventStore store;

    public FindByNumberTests()
    {
        (host, store) = Host.With(Running());
        store.WriteBehindTheBack(Second, Triggered() with { SessionId = Second.SessionId });
        store.WriteBehindTheBack(Foreign, Triggered() with { AccountId = Foreign.AccountId, SessionId = Foreign.SessionId });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task The_number_finds_the_session_that_began_there(long number) =>
        (await host.Streams.FindByNumberAsync(Account, number, default))!.FirstPosition.ShouldBe(number);

    [Fact]
    public async Task What_is_found_is_the_session_as_of_now_though_another_host_wrote_to_it()
    {
        await host.Streams.FindByNumberAsync(Account, 1, default);
        store.WriteBehindTheBack(Host.Stream, Passed(A));

        var found = (await host.Streams.FindByNumberAsync(Account, 1, default))!;

        (found.Stream, found.Version, found.Session.Status).ShouldBe((Host.Stream, 4, SessionStatus.Passed));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task Any_other_number_finds_nothing(long number) =>
        (await host.Streams.FindByNumberAsync(Account, number, default)).ShouldBeNull();

    [Fact]
    public async Task Another_accounts_session_is_found_by_that_account_alone()
    {
        (await host.Streams.FindByNumberAsync(Account, 5, default)).ShouldBeNull();
        (await host.Streams.FindByNumberAsync(Foreign.AccountId, 5, default))!.Stream.ShouldBe(Foreign);
    }
}
