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
}
