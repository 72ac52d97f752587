namespace Ledger.Embedded;

/// <summary>Reads why a server did not start.</summary>
internal static class ServerLog
{
    /// <summary>The last fatal line that was written after <paramref name="offset"/> bytes of the log, or null.</summary>
    internal static string? FailureAfter(string file, long offset)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        using var log = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Seek(Math.Min(offset, log.Length), SeekOrigin.Begin);
        using var reader = new StreamReader(log);
        return reader.ReadToEnd()
            .Split('\n')
            .Select(line => line.IndexOf("FATAL:", StringComparison.Ordinal) is var at and >= 0 ? line[(at + "FATAL:".Length)..].Trim() : null)
            .LastOrDefault(line => line is not null);
    }
}
