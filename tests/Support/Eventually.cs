using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ledger.Support;

/// <summary>Waits for a condition instead of for a time: what a test does where others sleep.</summary>
public static class Eventually
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until <paramref name="condition"/> is true. A condition that throws counts as not yet true.</summary>
    /// <param name="condition">What must become true.</param>
    /// <param name="timeout">How long to wait at most; 60 seconds when left out.</param>
    /// <param name="expectation">What the failure says was expected; the source of the condition when left out.</param>
    /// <exception cref="TimeoutException">It did not become true; the message names the expectation and the last state.</exception>
    public static Task Become(
        Func<Task<bool>> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string expectation = "") =>
        Become(condition, holds => holds, timeout, expectation);

    /// <inheritdoc cref="Become(Func{Task{bool}}, TimeSpan?, string)"/>
    public static Task Become(
        Func<bool> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string expectation = "") =>
        Become(() => Task.FromResult(condition()), holds => holds, timeout, expectation);

    /// <summary>Reads until what was read satisfies <paramref name="condition"/>, and returns it.</summary>
    /// <param name="read">Reads the present state. A read that throws counts as not yet satisfying.</param>
    /// <param name="condition">What the state must satisfy.</param>
    /// <param name="timeout">How long to wait at most; 60 seconds when left out.</param>
    /// <param name="expectation">What the failure says was expected; the source of the condition when left out.</param>
    /// <exception cref="TimeoutException">It did not; the message names the expectation and what was read last.</exception>
    public static async Task<T> Become<T>(
        Func<Task<T>> read,
        Func<T, bool> condition,
        TimeSpan? timeout = null,
        [CallerArgumentExpression(nameof(condition))] string expectation = "")
    {
        var limit = timeout ?? DefaultTimeout;
        var began = Stopwatch.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(5); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            string last;
            Exception? failure = null;
            try
            {
                // A read that hangs must not hang the test.
                var state = await read().WaitAsync(limit);
                if (condition(state))
                {
                    return state;
                }

                last = $"{state}";
            }
            catch (Exception e)
            {
                failure = e;
                last = $"{e.GetType().Name}: {e.Message}";
            }

            if (Stopwatch.GetElapsedTime(began) >= limit)
            {
                throw new TimeoutException($"After {limit.TotalSeconds:0.#} s this did not hold: {expectation}. Last seen: {last}", failure);
            }

            await Task.Delay(pause);
        }
    }
}
