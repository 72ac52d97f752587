using System.Buffers;
using System.Text;

namespace Ledger.Http.Audit;

/// <summary>Text in a field of CSV.</summary>
public static class CsvText
{
    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    /// <summary>
    /// A text that somebody chose, made harmless to spreadsheets: one that they would take for a formula begins with an apostrophe.
    /// </summary>
    public static string? Harmless(string? text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? $"'{text}" : text;

    /// <summary>Appends a field; it stands in quotes where it must (RFC 4180).</summary>
    public static StringBuilder Append(StringBuilder line, string field) => field.AsSpan().ContainsAny(Special)
        ? line.Append('"').Append(field.Replace("\"", "\"\"")).Append('"')
        : line.Append(field);
}
