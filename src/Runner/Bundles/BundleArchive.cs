using System.Formats.Tar;
using System.IO.Compression;
using Ledger.Runner.Execution;

namespace Ledger.Runner.Bundles;

/// <summary>
/// Unpacks a gzipped tar that nobody vouches for. Files, directories and links inside the root are made; anything that would be
/// elsewhere, or is something else, makes the whole bundle unusable.
/// </summary>
internal sealed class BundleArchive
{
    private const UnixFileMode AllModes =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode LeastMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
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
        catch (Exception e) when (e is BadBundleException or IOException or UnauthorizedAccessException)
        {
            throw new UnusableSpecException($"the bundle cannot be unpacked: {LogLine.Of(e.Message)}");
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new UnusableSpecException($"the bundle cannot be unpacked: it is no gzipped tar ({LogLine.Of(e.Message)})");
        }
    }

    // What the readers of gzip and tar throw at nonsense. Memory runs out when a header announces gigabytes on a small machine.
    private static bool IsMalformed(Exception e) =>
        e is InvalidDataException or FormatException or ArgumentException or InvalidOperationException or OverflowException
            or NotSupportedException or OutOfMemoryException;

    private async Task UnpackAsync(CancellationToken cancellationToken)
    {
        await using var reader = new TarReader(unpacked, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (++entries > limits.Entries)
            {
                throw new BadBundleException($"it has more than {limits.Entries} entries");
            }

            await MakeAsync(entry, cancellationToken);
        }

        if (entries == 0)
        {
            throw new BadBundleException("it is empty");
        }
    }

    private async Task MakeAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
        {
            return;
        }

        var parts = EntryPath.PartsOf(entry.Name);
        var path = EntryPath.Below(root, parts);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                MakeDirectory(entry, path);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                await MakeFileAsync(entry, path, entry.DataStream ?? Stream.Null, countsItself: true, cancellationToken);
                break;
            case TarEntryType.SymbolicLink:
                EntryPath.CheckTarget(parts, entry.LinkName);
                Prepare(entry, path, mayReplace: false);
                File.CreateSymbolicLink(path, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                await MakeCopyAsync(entry, path, cancellationToken);
                break;
            default:
                throw new BadBundleException($"its entry {LogLine.Of(entry.Name)} is neither file nor directory nor link");
        }
    }

    private static void MakeDirectory(TarEntry entry, string path)
    {
        if (File.Exists(path))
        {
            throw new BadBundleException($"it has {LogLine.Of(entry.Name)} twice");
        }

        Directory.CreateDirectory(path);
    }

    // A link to a file counts as a copy: the two are never one file, so neither name can change what the other is taken for.
    private async Task MakeCopyAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        var source = EntryPath.Below(root, EntryPath.PartsOf(entry.LinkName));
        if (!File.Exists(source) || source == path)
        {
            throw new BadBundleException($"its link {LogLine.Of(entry.Name)} leads to no file in it");
        }

        await using var data = File.OpenRead(source);
        await MakeFileAsync(entry, path, data, countsItself: false, cancellationToken);
    }

    private async Task MakeFileAsync(TarEntry entry, string path, Stream data, bool countsItself, CancellationToken cancellationToken)
    {
        Prepare(entry, path, mayReplace: true);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            // No set-user-id, and the owner can always read and delete it.
            UnixCreateMode = (entry.Mode & AllModes) | LeastMode,
        };
        await using var file = new FileStream(path, options);
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
            throw new BadBundleException($"it has {LogLine.Of(entry.Name)} twice");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
    }
}
