namespace Ledger.Runner.Bundles;

/// <summary>Where an entry of an archive may go: inside the root, reached through real directories only.</summary>
internal static class EntryPath
{
    private const int MaximumLength = 2048;
    private static readonly char[] Separators = ['/'];

    /// <summary>The parts of a name; none for the root itself.</summary>
    /// <exception cref="BadBundleException">It is absolute, leads upwards or is no name.</exception>
    public static string[] PartsOf(string name)
    {
        if (name.Length > MaximumLength || name.Contains('\0'))
        {
            throw new BadBundleException($"the name {LogLine.Of(name)} in it is no name of a file");
        }

        if (name.StartsWith('/'))
        {
            throw new BadBundleException($"the name {LogLine.Of(name)} in it is absolute");
        }

        var parts = Split(name);
        return Array.IndexOf(parts, "..") < 0
            ? parts
            : throw new BadBundleException($"the name {LogLine.Of(name)} in it leads outside of it");
    }

    /// <summary>
    /// Checks the target of a symbolic link. Steps upwards may only stand at its beginning: there the link's own directory is known to
    /// be a real one, so they can be counted; behind the name of another link they could lead anywhere.
    /// </summary>
    /// <param name="link">The parts of the link's name.</param>
    /// <param name="target">What it shall lead to.</param>
    /// <exception cref="BadBundleException">It leads outside of the root, or might.</exception>
    public static void CheckTarget(string[] link, string target)
    {
        var parts = Split(target);
        var upwards = parts.TakeWhile(part => part is "..").Count();
        var leadsOut = target.StartsWith('/') || target.Contains('\0') || upwards >= link.Length || parts.Skip(upwards).Contains("..");
        if (target.Length is 0 or > MaximumLength || leadsOut)
        {
            throw new BadBundleException($"its link {LogLine.Of(string.Join('/', link))} leads outside of it");
        }
    }

    /// <summary>The path of an entry below a root. No part of it, the last one included, is a symbolic link.</summary>
    /// <exception cref="BadBundleException">It goes through a link, or through something that is no directory.</exception>
    public static string Below(string root, string[] parts)
    {
        var path = root;
        for (var i = 0; i < parts.Length; i++)
        {
            path = Path.Combine(path, parts[i]);
            var attributes = new FileInfo(path).Attributes;
            if ((int)attributes == -1)
            {
                return Path.Combine([path, .. parts[(i + 1)..]]);
            }

            if (attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                throw new BadBundleException($"its entry {LogLine.Of(string.Join('/', parts))} goes through a link");
            }

            if (i < parts.Length - 1 && !attributes.HasFlag(FileAttributes.Directory))
            {
                throw new BadBundleException($"its entry {LogLine.Of(string.Join('/', parts))} goes through a file");
            }
        }

        return path;
    }

    private static string[] Split(string path) =>
        [.. path.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Where(part => part is not ".")];
}
