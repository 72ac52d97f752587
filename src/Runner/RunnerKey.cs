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

    // So begins the line with the key in the file bootstrap-key that a ledger keeps with its data.
    private const string FirstKeyPrefix = "key=";

    private static readonly string[] InheritedDescriptors = ["/dev/fd/", "/proc/self/fd/"];

    /// <summary>
    /// Finds the key and puts it into the options: the command line wins over the environment, and a file over the key itself. Returns one
    /// sentence when there is none, else null.
    /// </summary>
    public static string? Find(RunnerOptions options, Func<string, string?> environment, TextReader input)
    {
        string? Variable(string name) => environment(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;
        var isOnLine = options.Key.Length > 0;
        if (isOnLine && options.KeyFile is not null)
        {
            return "--key and --key-file exclude each other.";
        }

        if (!isOnLine && (options.KeyFile ?? Variable(FileVariable)) is { } path)
        {
            var content = string.Empty;
            if (Files.Try(() => content = ReadFile(path)) is { } problem)
            {
                return $"the file with the key cannot be read: {problem}";
            }

            var first = content.Split('\n').FirstOrDefault(line => line.StartsWith(FirstKeyPrefix, StringComparison.Ordinal));
            options.Key = first is null ? content : first[FirstKeyPrefix.Length..].Trim();
            options.KeyWarning = first is null
                ? null
                : "the key is the ledger's first one, which may do everything; where others have tests run, give the runner one with the scope runner alone";
        }
        else if (options.Key is "-")
        {
            options.Key = input.ReadLine()?.Trim() ?? string.Empty;
        }
        else
        {
            options.Key = isOnLine ? options.Key : Variable(RunnerKey.Variable) ?? string.Empty;
            options.KeyWarning = isOnLine
                ? "the key stood on the command line, where others may have read it; prefer --key-file"
                : $"the key came in the environment variable {RunnerKey.Variable}, where others may have read it; prefer --key-file";
        }

        return options.Key.Length == 0
            ? $"a key is missing: name a file that holds it by --key-file or {FileVariable}, or give it on standard input with --key -."
            : RunnerOptions.IsHeaderSafe(options.Key) ? null : "the key must be one word of up to 256 characters.";
    }

    // A pipe has no length; an inherited descriptor (/dev/fd/3) is closed afterwards.
    private static string ReadFile(string path)
    {
        using var reader = new StreamReader(path);
        var content = reader.ReadToEnd().Trim();
        foreach (var directory in InheritedDescriptors.Where(d => path.StartsWith(d, StringComparison.Ordinal)))
        {
            if (int.TryParse(path.AsSpan(directory.Length), out var descriptor))
            {
                _ = Posix.Close(descriptor);
            }
        }

        return content;
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

    // The kernel shows the very memory in which it once put arguments (fields 48 and 49 of stat) and environment (50 and 51).
    private static void Overwrite(string key)
    {
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (first, texts) in new[] { (45, new[] { key, $"--key={key}", $"--key:{key}" }), (47, [$"{Variable}={key}"]) })
        {
            var memory = fields.Length > first + 1 ? Memory(ulong.Parse(fields[first]), ulong.Parse(fields[first + 1])) : [];
            foreach (var range in memory.Split((byte)0))
            {
                if (texts.Contains(Encoding.UTF8.GetString(memory[range])))
                {
                    memory[range][^Encoding.UTF8.GetByteCount(key)..].Fill((byte)'x');
                }
            }
        }
    }

    private static unsafe Span<byte> Memory(ulong start, ulong end) =>
        start == 0 || end <= start ? [] : new Span<byte>((void*)start, (int)(end - start));
}
