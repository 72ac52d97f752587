namespace Ledger.Web.Shared;

/// <summary>The published words of the vocabulary, as the interface writes them.</summary>
public static class EnumWords
{
    /// <summary>The word of a value.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Words<T>.Of(value);
}
