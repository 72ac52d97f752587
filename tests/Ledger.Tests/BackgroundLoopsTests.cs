using Ledger.Support;

namespace Ledger.Tests;

public sealed class BackgroundLoopsTests
{
    [Fact]
    public async Task A_part_that_ends_by_an_error_is_named_until_it_works_again()
    {
        await using var loops = new BackgroundLoops();
        var (runs, mended) = (0, false);
        loops.Run("part", async (isWell, stopping) =>
        {
            Interlocked.Increment(ref runs);
            if (!Volatile.Read(ref mended))
            {
                throw new InvalidOperationException("broken");
            }

            isWell();
            await Task.Delay(Timeout.Infinite, stopping);
        });

        await Eventually.Become(() => runs > 1 && !loops.AreHealthy);
        loops.Faults.ShouldHaveSingleItem().Value.Message.ShouldBe("broken");
        Volatile.Write(ref mended, true);

        await Eventually.Become(() => loops.AreHealthy);
    }

    [Fact]
    public async Task A_part_that_just_ends_is_a_fault_too()
    {
        await using var loops = new BackgroundLoops();

        loops.Run("part", (_, _) => Task.CompletedTask);

        await Eventually.Become(() => loops.Faults.ContainsKey("part"));
    }

    [Fact]
    public async Task What_is_done_again_and_again_goes_on_after_an_error()
    {
        await using var loops = new BackgroundLoops();
        var (runs, mended) = (0, false);
        loops.Every("part", TimeSpan.FromMilliseconds(1), _ => Interlocked.Increment(ref runs) > 2 && !Volatile.Read(ref mended)
            ? throw new InvalidOperationException("broken")
            : Task.CompletedTask);

        await Eventually.Become(() => loops.Faults.ContainsKey("part"));
        Volatile.Write(ref mended, true);

        await Eventually.Become(() => loops.AreHealthy && runs > 6);
    }

    [Fact]
    public async Task A_part_that_hangs_is_named_for_as_long_as_it_does()
    {
        await using var loops = new BackgroundLoops();
        var goOn = new TaskCompletionSource();
        loops.Run(
            "part",
            async (isWell, stopping) =>
            {
                await goOn.Task.WaitAsync(stopping);
                while (true)
                {
                    isWell();
                    await Task.Delay(TimeSpan.FromMilliseconds(1), stopping);
                }
            },
            patience: TimeSpan.FromMilliseconds(500));

        await Eventually.Become(() => loops.Faults.ContainsKey("part"));
        loops.Faults["part"].ShouldBeOfType<TimeoutException>();
        goOn.SetResult();

        await Eventually.Become(() => loops.AreHealthy);
    }
}
