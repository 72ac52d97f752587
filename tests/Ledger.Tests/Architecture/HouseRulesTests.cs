using System.Text.RegularExpressions;

namespace Ledger.Tests.Architecture;

/// <summary>style.md: small files, and no name that says nothing.</summary>
public sealed partial class HouseRulesTests
{
    private const int MostLines = 300;

    [Fact]
    public void No_source_file_holds_two_things() =>
        Repository.SourceFiles("src")
            .Select(path => (Path: path, Lines: Repository.Read(path).Count(c => c == '\n')))
            .Where(file => file.Lines > MostLines)
            .ShouldBeEmpty();

    [Fact]
    public void No_file_folder_or_type_has_an_empty_name()
    {
        var files = Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests")).ToList();

        files.ShouldNotBeEmpty();
        files.Where(path => EmptyName().IsMatch(path.Replace(Path.DirectorySeparatorChar, ' ').Replace('.', ' '))).ShouldBeEmpty();
        files.SelectMany(path => TypeDeclaration().Matches(Repository.Read(path)).Select(match => $"{path}: {match.Groups["name"].Value}"))
            .Where(type => EmptyName().IsMatch(type))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_is_left_for_later() =>
        Repository.SourceFiles("src")
            .Where(path => LeftForLater().IsMatch(Repository.Read(path)))
            .ShouldBeEmpty();

    [GeneratedRegex(@"(Services?|Helpers?|Managers?|Utils?|Utilities)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EmptyName();

    [GeneratedRegex(
        @"^\s*(\w+\s+)*?(class|record|struct|interface|enum)\s+(?<name>[A-Z]\w*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LeftForLater();
}
