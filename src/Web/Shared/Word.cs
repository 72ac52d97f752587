using System.Text.RegularExpressions;

namespace Ledger.Web.Shared;

/// <summary>The words of enumerations as people read them: "partly cancelled".</summary>
public static partial class Word
{
    public static string Of<T>(T value)
        where T : struct, Enum => Words.Capital(Hump().Replace(value.ToString(), " $0").TrimStart().ToLowerInvariant());

    [GeneratedRegex("[A-Z]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hump();
}
