namespace Ledger.Embedded;

/// <summary>Finds programs by name, as a shell does.</summary>
internal static class ProgramPath
{
    /// <summary>The folders of <c>PATH</c>, in order.</summary>
    internal static IReadOnlyList<string> Folders() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// The full path of a system program, or null. The system's own folders are searched too: a service's <c>PATH</c> often
    /// leaves out <c>sbin</c>.
    /// </summary>
    internal static string? Find(string name) =>
        Folders()
            .Concat(["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
