namespace Ledger.Runner.Tests.Fakes;

/// <summary>Waits for conditions outside this process, such as files and processes.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Returns once the condition holds; fails if it does not in time.</summary>
    public static async Task ShouldAsync(Func<bool> condition, string what)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (!condition())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue($"in vain: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    /// <summary>Waits until a file holds lines, and returns them.</summary>
    public static async Task<string[]> LinesAsync(string path, int count = 1)
    {
        await ShouldAsync(() => File.Exists(path) && File.ReadAllText(path).Count(c => c == '\n') >= count, $"{count} lines in {path}");
        return await File.ReadAllLinesAsync(path);
    }
}
