namespace Ledger.Runner;

/// <summary>Text from outside, made safe for one line of the log.</summary>
internal static class LogLine
{
    private const int MaximumLength = 200;

    /// <summary>The text without control characters, cut to a length that people read.</summary>
    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return string.Empty;
        }

        var cut = text.Length <= MaximumLength ? text : string.Concat(text.AsSpan(0, MaximumLength - 1), "…");
        return string.Create(cut.Length, cut, static (line, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
    }
}
