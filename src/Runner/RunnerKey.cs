using System.Globalization;
using System.Text;
using Ledger.Runner.Execution;

namespace Ledger.Runner;

/// <summary>
/// Where the runner's key comes from, and how it stays with the runner: whoever writes a test must not be able to read it, though the
/// test may run as the same user.
/// </summary>
internal static class RunnerKey
{
    /// <summary>The environment variable that may carry the key. It is never handed to a run.</summary>
    public const string Variable = "LEDGER_KEY";

    /// <summary>The environment variable that may name a file with the key. It is never handed to a run.</summary>
    public const string FileVariable = "LEDGER_KEY_FILE";

    /// <summary>In place of the key: it is the first line of standard input.</summary>
    public const string FromStandardInput = "-";

    /// <summary>Reads a file that holds the key and nothing else. An inherited descriptor (<c>/dev/fd/3</c>) is closed afterwards.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static string ReadFile(string path)
    {
        // Not File.ReadAllText: a pipe has no length.
        using var reader = new StreamReader(path);
        var key = reader.ReadToEnd().Trim();
        foreach (var directory in new[] { "/dev/fd/", "/proc/self/fd/" })
        {
            if (path.StartsWith(directory, StringComparison.Ordinal)
                && int.TryParse(path.AsSpan(directory.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor))
            {
                Posix.Close(descriptor);
            }
        }

        return key;
    }

    /// <summary>
    /// Takes the key out of this process's environment and arguments, where others can read it, closes the memory of this process to
    /// others of its user, and the runtime's diagnostic port too, which would give them the same.
    /// </summary>
    public static void Protect(string key)
    {
        Environment.SetEnvironmentVariable(Variable, value: null);
        Environment.SetEnvironmentVariable(FileVariable, value: null);
        Overwrite(key);
        Posix.BecomeUnreadable();
        foreach (var name in new[] { "dotnet-diagnostic", "clr-debug-pipe" })
        {
            foreach (var port in Directory.EnumerateFileSystemEntries(Path.GetTempPath(), $"{name}-{Environment.ProcessId}-*"))
            {
                File.Delete(port);
            }
        }
    }

    // The kernel shows the very memory in which it once put arguments and environment, side by side.
    private static unsafe void Overwrite(string key)
    {
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var secret = Encoding.UTF8.GetBytes(key);
        OverwriteIn(Range(fields, 45), [secret, Encoding.UTF8.GetBytes($"--key={key}"), Encoding.UTF8.GetBytes($"--key:{key}")], secret.Length);
        OverwriteIn(Range(fields, 47), [Encoding.UTF8.GetBytes($"{Variable}={key}")], secret.Length);
    }

    private static unsafe Span<byte> Range(string[] fields, int first)
    {
        if (fields.Length <= first + 1)
        {
            return [];
        }

        var start = ulong.Parse(fields[first], CultureInfo.InvariantCulture);
        var end = ulong.Parse(fields[first + 1], CultureInfo.InvariantCulture);
        return start == 0 || end <= start ? [] : new Span<byte>((void*)start, (int)(end - start));
    }

    private static void OverwriteIn(Span<byte> memory, byte[][] texts, int secretLength)
    {
        while (memory.Length > 0)
        {
            var end = memory.IndexOf((byte)0);
            var text = end < 0 ? memory : memory[..end];
            foreach (var searched in texts)
            {
                if (text.SequenceEqual(searched))
                {
                    text[^secretLength..].Fill((byte)'x');
                }
            }

            memory = end < 0 ? [] : memory[(end + 1)..];
        }
    }
}
