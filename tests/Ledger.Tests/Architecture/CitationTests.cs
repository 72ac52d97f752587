using System.Text.RegularExpressions;

namespace Ledger.Tests.Architecture;

/// <summary>What the source cites is in the repository, at the place that it names: a reader has nothing else.</summary>
public sealed partial class CitationTests
{
    [Fact]
    public void Every_page_that_the_source_cites_is_there_and_so_is_the_place_in_it()
    {
        var citations = Sources().SelectMany(path => Citation().Matches(Repository.Read(path)).Select(found => (path, found.Value))).ToList();

        citations.ShouldNotBeEmpty();
        citations.Where(citation => !DocumentPage.Exists(citation.Value))
            .Select(citation => $"{citation.path}: {citation.Value}")
            .ShouldBeEmpty();
    }

    /// <summary>A rule, trap or property without its page is a riddle: <c>docs/domain.md#rule-3</c> is none.</summary>
    [Fact]
    public void No_rule_or_property_is_cited_by_its_number_alone() =>
        Sources()
            .SelectMany(path => NumberAlone().Matches(Repository.Read(path)).Select(found => $"{path}: {found.Value}"))
            .ShouldBeEmpty();

    private static IEnumerable<string> Sources() =>
        new[] { "src", "tests", "bench" }.SelectMany(Repository.SourceFiles)
            .Where(path => !path.EndsWith(nameof(CitationTests) + ".cs", StringComparison.Ordinal));

    [GeneratedRegex(@"(?<![\w/.*-])[\w-]+(/[\w-]+)*\.md\b(#[\w-]+)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Citation();

    [GeneratedRegex(@"\((rules?|traps?) \d+|\btraps? \d+|\(P\d+\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex NumberAlone();
}
