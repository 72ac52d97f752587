namespace Ledger.Http.Settings;

/// <summary>What a person who mistyped a name is likely to have meant.</summary>
internal static class Nearest
{
    /// <summary>The known name that takes the fewest letters to change.</summary>
    internal static string To(string word, IEnumerable<string> known) => known.MinBy(name => Distance(word.ToUpperInvariant(), name.ToUpperInvariant()))!;

    /// <summary>How many letters have to be inserted, removed or replaced to make one word of the other (after Levenshtein).</summary>
    internal static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var (diagonal, left) = (row[0], row[0] = i);
            for (var j = 1; j <= other.Length; j++)
            {
                var replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = left = Math.Min(replaced, Math.Min(left, row[j]) + 1);
            }
        }

        return row[^1];
    }
}
