using System.Formats.Tar;
using System.IO.Compression;

namespace Ledger.Runner;

/// <summary>The code that a run brings along (<c>spec.bundle</c>): a gzipped tar that the ledger keeps.</summary>
/// <param name="Key">What the ledger knows it by.</param>
/// <param name="Sha256">The SHA-256 of the archive, in hexadecimal digits.</param>
/// <param name="SizeBytes">The size of the archive.</param>
internal sealed record Bundle(string Key, string Sha256, double? SizeBytes)
{
    /// <summary>Which member is missing or makes no sense; null if none.</summary>
    public string? FindProblem() => this switch
    {
        { Sha256: null or "" } => "spec.bundle.sha256 is missing",
        _ when Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigit) => "spec.bundle.sha256 must be 64 hexadecimal digits",
        { Key: null or "" } => "spec.bundle.key is missing",
        { SizeBytes: null } => "spec.bundle.sizeBytes is missing",
        _ => RunSpec.Outside(SizeBytes, 0, int.MaxValue, "bundle.sizeBytes"),
    };

    /// <summary>Fetches, checks and unpacks the bundle into the directory of a run; repeats until the ledger answers.</summary>
    /// <exception cref="UnusableSpecException">It is not there, not what the spec says, or no safe archive.</exception>
    public async Task FetchAsync(
        RunnerOptions options, LedgerClient ledger, RunFolder folder, RunLog output, TimeProvider time, CancellationToken cancellationToken)
    {
        if (SizeBytes > options.Bundles.ArchiveBytes)
        {
            throw new UnusableSpecException($"the bundle has {SizeBytes} bytes, and this runner takes {options.Bundles.ArchiveBytes} at most");
        }

        var backoff = new Backoff(options.Retry, time);
        var answer = await ledger.FetchBundleAsync(this, folder.Archive, cancellationToken);
        while (answer.Outcome is Outcome.Unavailable)
        {
            if (!backoff.IsFailing)
            {
                output.Note($"the bundle cannot be fetched yet: {answer.Problem}");
            }

            await backoff.WaitAsync(answer.RetryAfter, cancellationToken);
            answer = await ledger.FetchBundleAsync(this, folder.Archive, cancellationToken);
        }

        if (answer.Value is not { } sha256)
        {
            throw new UnusableSpecException($"the bundle cannot be fetched: {answer.Problem}");
        }

        if (!string.Equals(sha256, Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new UnusableSpecException("the bundle that the ledger has is not the one that the run names: its SHA-256 differs");
        }

        var entries = await BundleArchive.UnpackAsync(folder.Archive, folder.Bundle, options.Bundles, cancellationToken);
        File.Delete(folder.Archive);
        output.Note($"bundle of {SizeBytes} bytes unpacked: {entries} entries");
    }
}

/// <summary>How much a bundle may cost this machine.</summary>
/// <param name="ArchiveBytes">The largest archive that is fetched.</param>
/// <param name="UnpackedBytes">The most that may come out of it.</param>
/// <param name="Entries">The most files, directories and links in it.</param>
internal sealed record BundleLimits(long ArchiveBytes, long UnpackedBytes, int Entries)
{
    /// <summary>512 MiB packed, 4 GiB unpacked, 200,000 entries.</summary>
    public static BundleLimits Default { get; } = new(512L << 20, 4L << 30, 200_000);
}

/// <summary>A bundle that is not unpacked. The message is the end of a sentence that begins with "the bundle cannot be unpacked".</summary>
internal sealed class BadBundleException(string message) : Exception(message);

/// <summary>
/// Unpacks a gzipped tar that nobody vouches for. Files, directories and links inside the root are made; anything that would be
/// elsewhere, or is something else, makes the whole bundle unusable.
/// </summary>
internal sealed class BundleArchive
{
    private const UnixFileMode AllModes = (UnixFileMode)0b111_101_101;
    private const UnixFileMode LeastMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int LongestName = 2048;
    private readonly string root;
    private readonly BundleLimits limits;
    private readonly BoundedStream unpacked;
    private readonly byte[] buffer = new byte[64 * 1024];
    private int entries;

    private BundleArchive(string root, BundleLimits limits, BoundedStream unpacked)
    {
        this.root = root;
        this.limits = limits;
        this.unpacked = unpacked;
    }

    /// <summary>Unpacks an archive into a directory that is made for it, and returns how many entries it had.</summary>
    /// <exception cref="UnusableSpecException">It is no such archive, or not a safe one; the message says why.</exception>
    public static async Task<int> UnpackAsync(string file, string root, BundleLimits limits, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(root);
            await using var packed = File.OpenRead(file);
            await using var unpacked = new BoundedStream(new GZipStream(packed, CompressionMode.Decompress), limits.UnpackedBytes);
            var archive = new BundleArchive(root, limits, unpacked);
            await archive.UnpackAsync(cancellationToken);
            return archive.entries;
        }
        catch (Exception e) when (e is BadBundleException || Files.IsRefusal(e))
        {
            throw new UnusableSpecException($"the bundle cannot be unpacked: {LogLine.Of(e.Message)}");
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or ArgumentException or InvalidOperationException
            or OverflowException or NotSupportedException or OutOfMemoryException)
        {
            // What the readers of gzip and tar throw at nonsense. Memory runs out when a header announces gigabytes on a small machine.
            throw new UnusableSpecException($"the bundle cannot be unpacked: it is no gzipped tar ({LogLine.Of(e.Message)})");
        }
    }

    private async Task UnpackAsync(CancellationToken cancellationToken)
    {
        await using var reader = new TarReader(unpacked, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (++entries > limits.Entries)
            {
                throw new BadBundleException($"it has more than {limits.Entries} entries");
            }

            if (entry.EntryType is not TarEntryType.GlobalExtendedAttributes)
            {
                await MakeAsync(entry, cancellationToken);
            }
        }

        if (entries == 0)
        {
            throw new BadBundleException("it is empty");
        }
    }

    private async Task MakeAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        var parts = PartsOf(entry.Name);
        var path = Below(root, parts);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                if (File.Exists(path))
                {
                    throw Twice(entry);
                }

                Directory.CreateDirectory(path);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                await MakeFileAsync(entry, path, entry.DataStream ?? Stream.Null, countsItself: true, cancellationToken);
                break;
            case TarEntryType.SymbolicLink:
                CheckTarget(parts, entry.LinkName);
                Prepare(entry, path, mayReplace: false);
                File.CreateSymbolicLink(path, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                // A link to a file counts as a copy: the two are never one file, so neither name can change what the other is taken for.
                var source = Below(root, PartsOf(entry.LinkName));
                if (!File.Exists(source) || source == path)
                {
                    throw new BadBundleException($"its link {LogLine.Of(entry.Name)} leads to no file in it");
                }

                await using (var data = File.OpenRead(source))
                {
                    await MakeFileAsync(entry, path, data, countsItself: false, cancellationToken);
                }

                break;
            default:
                throw new BadBundleException($"its entry {LogLine.Of(entry.Name)} is neither file nor directory nor link");
        }
    }

    private async Task MakeFileAsync(TarEntry entry, string path, Stream data, bool countsItself, CancellationToken cancellationToken)
    {
        Prepare(entry, path, mayReplace: true);
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            // No set-user-id, and the owner can always read and delete it.
            UnixCreateMode = (entry.Mode & AllModes) | LeastMode,
        });
        int read;
        while ((read = await data.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await file.WriteAsync(buffer.AsMemory(0, countsItself ? read : unpacked.Count(read)), cancellationToken);
        }
    }

    private void Prepare(TarEntry entry, string path, bool mayReplace)
    {
        if (path == root || Directory.Exists(path) || (File.Exists(path) && !mayReplace))
        {
            throw Twice(entry);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
    }

    private static BadBundleException Twice(TarEntry entry) => new($"it has {LogLine.Of(entry.Name)} twice");

    // The parts of a name; none for the root itself.
    private static string[] PartsOf(string name)
    {
        var parts = Split(name);
        return name.Length > LongestName || name.Contains('\0') ? throw new BadBundleException($"the name {LogLine.Of(name)} in it is no name of a file")
            : name.StartsWith('/') ? throw new BadBundleException($"the name {LogLine.Of(name)} in it is absolute")
            : parts.Contains("..") ? throw new BadBundleException($"the name {LogLine.Of(name)} in it leads outside of it")
            : parts;
    }

    // Steps upwards may only stand at the beginning of a link's target: there the link's own directory is known to be a real one, so they
    // can be counted; behind the name of another link they could lead anywhere.
    private static void CheckTarget(string[] link, string target)
    {
        var parts = Split(target);
        var upwards = parts.TakeWhile(part => part is "..").Count();
        if (target.Length is 0 or > LongestName || target.StartsWith('/') || target.Contains('\0')
            || upwards >= link.Length || parts.Skip(upwards).Contains(".."))
        {
            throw new BadBundleException($"its link {LogLine.Of(string.Join('/', link))} leads outside of it");
        }
    }

    // The path of an entry below the root: no part of it, the last one included, is a symbolic link.
    private static string Below(string root, string[] parts)
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

            if (attributes.HasFlag(FileAttributes.ReparsePoint) || (i < parts.Length - 1 && !attributes.HasFlag(FileAttributes.Directory)))
            {
                var what = attributes.HasFlag(FileAttributes.ReparsePoint) ? "link" : "file";
                throw new BadBundleException($"its entry {LogLine.Of(string.Join('/', parts))} goes through a {what}");
            }
        }

        return path;
    }

    private static string[] Split(string path) => [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part is not ".")];

    /// <summary>
    /// Passes on what an archive unpacks to, up to a limit. It refuses reads into very large buffers as well: a tar header may announce
    /// names and attributes of any size, which are read into memory in one piece, and everything else is read in small ones.
    /// </summary>
    private sealed class BoundedStream(Stream inner, long maximum) : Stream
    {
        private long total;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        /// <summary>Counts bytes, also those that come out of the archive by another way.</summary>
        public int Count(int bytes) =>
            (total += bytes) <= maximum ? bytes : throw new BadBundleException($"it unpacks to more than {maximum} bytes");

        public override int Read(Span<byte> buffer)
        {
            Check(buffer.Length);
            return Count(inner.Read(buffer));
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Check(buffer.Length);
            return Count(await inner.ReadAsync(buffer, cancellationToken));
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }

        private static void Check(int length)
        {
            if (length > 1 << 20)
            {
                throw new BadBundleException($"it has a header of {length} bytes");
            }
        }
    }
}
