using System.Text;

namespace Ledger.Http.Tests.Audit;

/// <summary>Reads CSV as RFC 4180 describes it, character by character, and forgives nothing.</summary>
internal static class Csv
{
    public static IReadOnlyList<List<string>> Parse(string text)
    {
        var lines = new List<List<string>>();
        var line = new List<string>();
        var field = new StringBuilder();
        var (inQuotes, wasQuoted) = (false, false);
        for (var at = 0; at < text.Length; at++)
        {
            var character = text[at];
            if (inQuotes)
            {
                if (character != '"')
                {
                    field.Append(character);
                }
                else if (at + 1 < text.Length && text[at + 1] == '"')
                {
                    field.Append('"');
                    at++;
                }
                else
                {
                    (inQuotes, wasQuoted) = (false, true);
                }
            }
            else if (character is ',' or '\r')
            {
                line.Add(field.ToString());
                field.Clear();
                wasQuoted = false;
                if (character == '\r')
                {
                    text[++at].ShouldBe('\n');
                    lines.Add(line);
                    line = [];
                }
            }
            else if (character == '"')
            {
                field.Length.ShouldBe(0);
                inQuotes = true;
            }
            else
            {
                wasQuoted.ShouldBeFalse();
                character.ShouldNotBe('\n');
                field.Append(character);
            }
        }

        line.ShouldBeEmpty();
        field.Length.ShouldBe(0);
        return lines;
    }
}
