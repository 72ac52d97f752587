using System.Runtime.CompilerServices;

namespace Ledger.Tests.Architecture;

/// <summary>The source of the project, as it stands beside these tests.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Every source file below a folder, relative to the root; generated files are not source.</summary>
    public static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Find([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (!File.Exists(Path.Combine(folder.FullName, "Ledger.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"There is no Ledger.sln above {here}.");
        }

        return folder.FullName;
    }
}
