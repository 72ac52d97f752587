using System.Text.RegularExpressions;

namespace Ledger.Tests.Architecture;

/// <summary>A page of the documentation: the places in it that can be cited, and where its links lead.</summary>
internal sealed partial class DocumentPage
{
    private readonly string path;

    private DocumentPage(string path, string text)
    {
        this.path = path;
        var fences = Fence().Count(text);
        HasOpenFence = fences % 2 != 0;
        var prose = FencedBlock().Replace(text, "");
        Anchors = Heading().Matches(prose).Select(heading => SlugOf(heading.Groups["text"].Value))
            .Concat(ExplicitAnchor().Matches(prose).Select(anchor => anchor.Groups["id"].Value))
            .ToHashSet(StringComparer.Ordinal);
        RepeatedAnchors = [.. ExplicitAnchor().Matches(prose).Select(anchor => anchor.Groups["id"].Value)
            .CountBy(id => id, StringComparer.Ordinal).Where(id => id.Value > 1).Select(id => id.Key)];
        Links = [.. Link().Matches(prose).Select(link => link.Groups["target"].Value).Where(target => !target.Contains("://", StringComparison.Ordinal))];
    }

    /// <summary>Whether a block of code has no end, so that the rest of the page reads as code.</summary>
    public bool HasOpenFence { get; }

    /// <summary>What can stand behind the <c>#</c>: the slugs of the headings as GitHub makes them, and the ids of explicit anchors.</summary>
    public IReadOnlySet<string> Anchors { get; }

    /// <summary>Ids that stand there twice: a link to one of them leads to the first.</summary>
    public IReadOnlyList<string> RepeatedAnchors { get; }

    /// <summary>The links within the repository, as they are written.</summary>
    public IReadOnlyList<string> Links { get; }

    /// <summary>The pages of the documentation and the one at the root, by their paths from the root, with slashes.</summary>
    public static IEnumerable<string> Paths() =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Append("README.md");

    /// <summary>Reads a page by its path from the root.</summary>
    public static DocumentPage Read(string path) => new(path, Repository.Read(path));

    /// <summary>Whether a path from the root, with or without an anchor, leads to something.</summary>
    public static bool Exists(string target)
    {
        var (file, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, null);
        var full = Path.Combine(Repository.Root, file);
        return File.Exists(full) ? anchor is null || Read(file).Anchors.Contains(anchor) : anchor is null && Directory.Exists(full);
    }

    /// <summary>Where a link of this page leads, from the root.</summary>
    public string FromRoot(string link)
    {
        if (link.StartsWith('#'))
        {
            return path + link;
        }

        var folder = Path.GetDirectoryName(path) ?? "";
        var full = Path.GetFullPath(Path.Combine(Repository.Root, folder, link));
        return Path.GetRelativePath(Repository.Root, full).Replace(Path.DirectorySeparatorChar, '/');
    }

    private static string SlugOf(string heading) =>
        NotInSlug().Replace(LinkText().Replace(heading, "${text}").Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex("^```", RegexOptions.Multiline, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Fence();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex FencedBlock();

    [GeneratedRegex("^#+ (?<text>[^\r\n]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Heading();

    [GeneratedRegex("<a id=\"(?<id>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex ExplicitAnchor();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Link();

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\([^)]*\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex LinkText();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex NotInSlug();
}
