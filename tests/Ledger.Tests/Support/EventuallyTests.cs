using Ledger.Support;

namespace Ledger.Tests.Support;

/// <summary>The waiting that other tests rely on.</summary>
public sealed class EventuallyTests
{
    [Fact]
    public async Task It_returns_the_first_state_that_satisfies()
    {
        var reads = 0;

        (await Eventually.Become(() => Task.FromResult(++reads), count => count >= 3)).ShouldBe(3);
    }

    [Fact]
    public async Task A_condition_that_throws_at_first_may_still_become_true()
    {
        var tries = 0;

        await Eventually.Become(() => ++tries > 2 ? true : throw new InvalidOperationException("not yet"));

        tries.ShouldBe(3);
    }

    [Fact]
    public async Task A_failure_names_the_expectation_and_what_was_seen_last()
    {
        var count = 41;

        var failure = await Should.ThrowAsync<TimeoutException>(
            () => Eventually.Become(() => Task.FromResult(count), seen => seen == 42, TimeSpan.FromMilliseconds(20)));

        failure.Message.ShouldContain("seen => seen == 42");
        failure.Message.ShouldContain("Last seen: 41");
    }

    [Fact]
    public async Task A_read_that_hangs_does_not_hang_the_test()
    {
        var never = new TaskCompletionSource<bool>();

        await Should.ThrowAsync<TimeoutException>(() => Eventually.Become(() => never.Task, TimeSpan.FromMilliseconds(20)));
    }
}
