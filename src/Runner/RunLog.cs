namespace Ledger.Runner;

/// <summary>
/// The output of one run: all of it in a file, up to a limit, and its end in memory for the result. A full disk costs the file, never
/// the run: output is always taken, so that the command does not block on it.
/// </summary>
internal sealed class RunLog : IAsyncDisposable
{
    /// <summary>The most that one run may write to its file.</summary>
    public const long MaximumBytes = 64L * 1024 * 1024;

    private const int TailBytes = 8 * 1024;
    private readonly ILogger log;
    private readonly byte[] tail = new byte[TailBytes];
    private readonly Lock gate = new();
    private FileStream? file;
    private long total;

    /// <summary>Opens the file of a run, after what a former attempt may have left there.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public RunLog(string directory, Guid sequenceId, ILogger log)
    {
        this.log = log;
        Path = System.IO.Path.Combine(directory, $"{sequenceId}.log");
        file = new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>Where the file lies.</summary>
    public string Path { get; }

    /// <summary>Takes everything that the command writes, until it closes its output.</summary>
    public async Task FillAsync(Stream output, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await output.ReadAsync(buffer, cancellationToken)) > 0)
        {
            Append(buffer.AsSpan(0, read));
        }
    }

    /// <summary>Adds a line of the runner's own.</summary>
    public void Note(string text) => Write($"[runner] {LogLine.Of(text)}");

    /// <summary>Adds a text that this runner got itself.</summary>
    public void Write(string text) => Append(Encoding.UTF8.GetBytes($"{text}\n"));

    /// <summary>The end of the output as text that any JSON store takes.</summary>
    public string Tail()
    {
        lock (gate)
        {
            var length = (int)Math.Min(total, TailBytes);
            var bytes = new byte[length];
            for (var i = 0; i < length; i++)
            {
                bytes[i] = tail[(total - length + i) % TailBytes];
            }

            // The cut may have hit the middle of a character.
            var start = 0;
            while (total > TailBytes && start < 3 && start < length && (bytes[start] & 0xC0) == 0x80)
            {
                start++;
            }

            return Encoding.UTF8.GetString(bytes, start, length - start).Replace('\0', '\uFFFD');
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (this.file is { } file)
        {
            this.file = null;
            await file.DisposeAsync();
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            var before = total;
            foreach (var b in bytes)
            {
                tail[total++ % TailBytes] = b;
            }

            Write(bytes, before);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes, long before)
    {
        try
        {
            if (before < MaximumBytes && total >= MaximumBytes)
            {
                file?.Write(bytes[..(int)(MaximumBytes - before)]);
                file?.Write("\n[the rest was not kept: the log is full]\n"u8);
            }
            else if (total < MaximumBytes)
            {
                file?.Write(bytes);
            }
        }
        catch (IOException e)
        {
            log.LogError("{LogFile} can no longer be written: {Problem}", Path, e.Message);
            file?.Dispose();
            file = null;
        }
    }
}

/// <summary>Text from outside, made safe for one line of the log.</summary>
internal static class LogLine
{
    /// <summary>The text without control characters, cut to a length that people read.</summary>
    public static string Of(string? text) =>
        string.Concat((text is { Length: > 200 } ? $"{text.AsSpan(0, 199)}…" : text ?? string.Empty).Select(c => char.IsControl(c) ? ' ' : c));
}
