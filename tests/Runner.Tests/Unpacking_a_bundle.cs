using System.Formats.Tar;
using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

public sealed class Unpacking_a_bundle : IDisposable
{
    private static readonly BundleLimits Limits = new(ArchiveBytes: 1 << 20, UnpackedBytes: 4 << 20, Entries: 50);
    private readonly string directory = Directory.CreateTempSubdirectory("ledger-unpacking-").FullName;

    private string Root => Path.Combine(directory, "root");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Files_and_their_directories_are_made()
    {
        await UnpackAsync(new Archive().File("package.json", "{}").File("e2e/tests/a.spec.ts", "test").Of(TarEntryType.Directory, "empty/"));

        (await File.ReadAllTextAsync(Path.Combine(Root, "e2e/tests/a.spec.ts"))).ShouldBe("test");
        Directory.Exists(Path.Combine(Root, "empty")).ShouldBeTrue();
        File.GetUnixFileMode(Path.Combine(Root, "package.json")).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
    }

    [Fact]
    public async Task Links_inside_the_bundle_are_made()
    {
        await UnpackAsync(new Archive()
            .File("node_modules/.pnpm/a@1/node_modules/a/index.js", "a")
            .Link("node_modules/a", ".pnpm/a@1/node_modules/a")
            .Link("node_modules/.pnpm/b@1/node_modules/a", "../../a@1/node_modules/a")
            .HardLink("copy.js", "node_modules/.pnpm/a@1/node_modules/a/index.js"));

        (await File.ReadAllTextAsync(Path.Combine(Root, "node_modules/a/index.js"))).ShouldBe("a");
        (await File.ReadAllTextAsync(Path.Combine(Root, "node_modules/.pnpm/b@1/node_modules/a/index.js"))).ShouldBe("a");
        (await File.ReadAllTextAsync(Path.Combine(Root, "copy.js"))).ShouldBe("a");
    }

    [Fact]
    public async Task Nobody_gets_rights_by_unpacking()
    {
        await UnpackAsync(new Archive().File(
            "tool", "x", UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.StickyBit | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite));

        File.GetUnixFileMode(Path.Combine(Root, "tool")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_file_that_comes_twice_has_its_last_content()
    {
        await UnpackAsync(new Archive().File("a", "first").File("a", "second"));

        (await File.ReadAllTextAsync(Path.Combine(Root, "a"))).ShouldBe("second");
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "upwards", "outside" },
        { "upwards in the middle", "outside" },
        { "absolute", "absolute" },
        { "absolute directory", "absolute" },
        { "absolute link", "outside" },
        { "link upwards", "outside" },
        { "link upwards through a directory", "outside" },
        { "link back through another link", "outside" },
        { "empty link", "outside" },
        { "file through a link", "goes through a link" },
        { "file over a link", "goes through a link" },
        { "link through a link", "goes through a link" },
        { "directory becomes a link", "twice" },
        { "file becomes a directory", "twice" },
        { "file below a file", "goes through a file" },
        { "hard link upwards", "outside" },
        { "hard link to an absolute path", "absolute" },
        { "hard link through a link", "goes through a link" },
        { "hard link to a link", "goes through a link" },
        { "hard link to nothing", "no file" },
        { "hard link to itself", "no file" },
        { "pipe", "neither file nor directory nor link" },
        { "device", "neither file nor directory nor link" },
        { "bomb", "more than 4194304 bytes" },
        { "bomb of hard links", "more than 4194304 bytes" },
        { "too many entries", "more than 50 entries" },
        { "endless header", "header of" },
        { "endless name", "cannot be unpacked" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_bundle_that_reaches_for_more_is_refused_and_nothing_outside_is_touched(string what, string message)
    {
        var archive = Malicious(what);

        var refusal = await Should.ThrowAsync<UnusableSpecException>(() => UnpackAsync(archive));

        refusal.Message.ShouldStartWith("the bundle cannot be unpacked");
        refusal.Message.ShouldContain(message);
        NothingIsOutside();
    }

    public static TheoryData<byte[]> NoArchives => new()
    {
        "not a gzip"u8.ToArray(),
        Archive.Zip("not a tar, but long enough to fill the head of one".PadRight(2000).Select(c => (byte)c).ToArray()),
        Archive.Project().Bytes()[..40],
        Archive.Zip(new byte[1024]),
        Array.Empty<byte>(),
    };

    [Theory]
    [MemberData(nameof(NoArchives))]
    public async Task What_is_no_archive_is_refused(byte[] bytes)
    {
        (await Should.ThrowAsync<UnusableSpecException>(() => UnpackAsync(bytes))).Message.ShouldStartWith("the bundle cannot be unpacked");
    }

    [Fact]
    public async Task However_an_archive_is_damaged_it_is_unpacked_inside_or_refused()
    {
        var random = new Random(20260818);
        var tar = Archive.Project().Link("a/link", "../tests").HardLink("copy", "tests/hello.sh").WithAttribute("b", "comment", "x").Tar();
        for (var i = 0; i < 400; i++)
        {
            var damaged = (byte[])tar.Clone();
            for (var hits = random.Next(1, 6); hits > 0; hits--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                await UnpackAsync(Archive.Zip(damaged));
            }
            catch (UnusableSpecException)
            {
                // Refused.
            }

            NothingIsOutside();
            Directory.Delete(Root, recursive: true);
        }
    }

    private static Archive Malicious(string what) => what switch
    {
        "upwards" => new Archive().File("../evil", "x"),
        "upwards in the middle" => new Archive().File("a/../../evil", "x"),
        "absolute" => new Archive().File("/tmp/ledger-evil", "x"),
        "absolute directory" => new Archive().Of(TarEntryType.Directory, "/tmp/ledger-evil"),
        "absolute link" => new Archive().Link("a", "/etc"),
        "link upwards" => new Archive().Link("a", ".."),
        "link upwards through a directory" => new Archive().Of(TarEntryType.Directory, "d/").Link("d/a", "../d/../../x"),
        // Counted by its letters the second link stays inside; the first one takes it to the root, and from there upwards it is outside.
        "link back through another link" => new Archive().Link("x/y/l", "../..").Link("m", "x/y/l/../.."),
        "empty link" => new Archive().Link("a", "./").Link("b", "/"),
        "file through a link" => new Archive().Of(TarEntryType.Directory, "d/").Link("l", "d").File("l/evil", "x"),
        "file over a link" => new Archive().Link("l", "d").File("l", "x"),
        "link through a link" => new Archive().Of(TarEntryType.Directory, "d/e/").Link("l", "d/e").Link("l/m", "../.."),
        "directory becomes a link" => new Archive().Of(TarEntryType.Directory, "d/").Link("d", "x"),
        "file becomes a directory" => new Archive().File("d", "x").Of(TarEntryType.Directory, "d/"),
        "file below a file" => new Archive().File("d", "x").File("d/e", "x"),
        "hard link upwards" => new Archive().HardLink("a", "../outside"),
        "hard link to an absolute path" => new Archive().HardLink("a", "/etc/passwd"),
        "hard link through a link" => new Archive().File("d/f", "x").Link("l", "d").HardLink("a", "l/f"),
        "hard link to a link" => new Archive().Link("l", "d").HardLink("a", "l"),
        "hard link to nothing" => new Archive().HardLink("a", "b"),
        "hard link to itself" => new Archive().File("a", "x").HardLink("a", "a"),
        "pipe" => new Archive().Of(TarEntryType.Fifo, "a"),
        "device" => new Archive().Of(TarEntryType.CharacterDevice, "a"),
        "bomb" => new Archive().Zeros("a", 5 << 20),
        "bomb of hard links" => Enumerable.Range(0, 8).Aggregate(
            new Archive().Zeros("a", 1 << 20), (archive, i) => archive.HardLink($"b{i}", "a")),
        "too many entries" => Enumerable.Range(0, 51).Aggregate(new Archive(), (archive, i) => archive.File($"f{i}", "x")),
        "endless header" => new Archive().WithAttribute("a", "comment", new string('x', 3 << 20)),
        "endless name" => new Archive().File(new string('x', 5000), "x"),
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    private Task UnpackAsync(Archive archive) => UnpackAsync(archive.Bytes());

    private async Task UnpackAsync(byte[] bytes)
    {
        var file = Path.Combine(directory, "bundle.tar.gz");
        await File.WriteAllBytesAsync(file, bytes);
        await File.WriteAllTextAsync(Path.Combine(directory, "outside"), "untouched");
        await BundleArchive.UnpackAsync(file, Root, Limits, CancellationToken.None);
    }

    private void NothingIsOutside()
    {
        Directory.GetFileSystemEntries(directory).Select(Path.GetFileName).Order().ShouldBe(["bundle.tar.gz", "outside", "root"]);
        File.ReadAllText(Path.Combine(directory, "outside")).ShouldBe("untouched");
        foreach (var link in new DirectoryInfo(Root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(e => e.LinkTarget is not null))
        {
            Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link.FullName)!, link.LinkTarget!)).ShouldStartWith(Root);
        }
    }
}
