using System.Text.Json;
using System.Text.RegularExpressions;
using Ledger.Runner.Execution;
using Ledger.Runner.Wire;

namespace Ledger.Runner.ApiRequests;

/// <summary>One thing that is expected of an answer.</summary>
/// <param name="written">As the spec has it: the values of variables stay out of the result.</param>
/// <param name="source">Finds what to look at.</param>
/// <param name="comparison">Compares it.</param>
/// <param name="target">With what.</param>
internal sealed class Assertion(AssertionDetails written, SourceReader source, Comparison comparison, string target)
{
    private const int MaximumShown = 300;

    /// <summary>Reads an assertion.</summary>
    /// <exception cref="UnusableSpecException">It uses what this runner does not know.</exception>
    public static Assertion Read(SpecObject members, Variables variables)
    {
        var source = members.RequiredText("source");
        var comparison = members.RequiredText("comparison");
        var property = members.Text("property") ?? string.Empty;
        var target = TargetOf(members);
        // The names of headers are in lower case, however the answer or the spec writes them.
        var isHeaderName = source is "HEADERS" && property.Length == 0 && comparison is ("HAS_KEY" or "NOT_HAS_KEY");
        return new Assertion(
            new AssertionDetails(Shown(source), Shown(property), comparison, Shown(target), Actual: null, Error: null),
            SourceReader.For(source, variables.Fill(property), members.Text("regex"), members.Path),
            Comparison.Named(comparison, members.Path),
            isHeaderName ? variables.Fill(target).ToLowerInvariant() : variables.Fill(target));
    }

    /// <summary>Compares.</summary>
    public AssertionDetails Check(ApiResponse response)
    {
        try
        {
            var actual = source.Of(response);
            return written with
            {
                Actual = actual is { } found ? Shown(Comparison.TextOf(found)) : null,
                Error = comparison.Holds(actual, target) ? null : "it does not hold",
            };
        }
        catch (RegexMatchTimeoutException)
        {
            return written with { Error = "the regular expression takes too long" };
        }
        catch (InvalidOperationException)
        {
            // Names of members that are no readable text.
            return written with { Error = "the body holds something that is no readable text" };
        }
        catch (UnreadableBodyException e)
        {
            return written with { Error = e.Message };
        }
    }

    // The vendor's client makes a text of everything; people who write specs by hand do not.
    private static string TargetOf(SpecObject members) => members.Find("target") switch
    {
        null => string.Empty,
        { ValueKind: JsonValueKind.String } => members.Text("target")!,
        { } value => value.GetRawText(),
    };

    private static string Shown(string text)
    {
        var clean = text.Replace('\0', '\uFFFD');
        return clean.Length <= MaximumShown ? clean : string.Concat(clean.AsSpan(0, MaximumShown - 1), "…");
    }
}
