using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Ledger.Runner.Tests.Fakes;

/// <summary>An archive as it is written, whether or not anybody should unpack it.</summary>
internal sealed class Archive
{
    private readonly MemoryStream tar = new();
    private readonly TarWriter writer;

    public Archive() => writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true);

    /// <summary>A small project: a script that says where it is.</summary>
    public static Archive Project() => new Archive().File("package.json", "{}").File("tests/hello.sh", "#!/bin/sh\necho hello from $PWD\n");

    public Archive File(string name, string content, UnixFileMode mode = (UnixFileMode)0b111_101_101) =>
        Add(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Mode = mode });

    public Archive Zeros(string name, int size) =>
        Add(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(new byte[size]) });

    public Archive Link(string name, string target) => Add(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target });

    public Archive HardLink(string name, string target) => Add(new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = target });

    public Archive Of(TarEntryType type, string name) => Add(new PaxTarEntry(type, name));

    public Archive WithAttribute(string name, string attribute, string value) => Add(
        new PaxTarEntry(TarEntryType.RegularFile, name, [KeyValuePair.Create(attribute, value)]));

    /// <summary>The archive without its compression.</summary>
    public byte[] Tar()
    {
        writer.Dispose();
        return tar.ToArray();
    }

    public byte[] Bytes() => Zip(Tar());

    public static byte[] Zip(byte[] tar)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(tar);
        }

        return packed.ToArray();
    }

    /// <summary>What a spec says about a bundle.</summary>
    public static object Bundle(string key, byte[] bytes) =>
        new { key, sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), sizeBytes = bytes.Length };

    private Archive Add(TarEntry entry)
    {
        writer.WriteEntry(entry);
        return this;
    }
}
