using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Npgsql;

namespace Ledger.EndToEnd.Hosting;

/// <summary>What the host's command line answers, and what it says when it cannot start: one sentence, with what, where and what to do.</summary>
public sealed class HostCommandLineTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private readonly LedgerPlace place = new();

    public void Dispose() => place.Dispose();

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public async Task Help_names_the_job_the_verbs_the_settings_and_the_place_of_the_data_and_starts_nothing(string help)
    {
        var run = await HostRun.CallAsync(place.Directory, help);

        run.ExitCode.ShouldBe(0);
        foreach (var said in (string[])["serves HTTP", "db-apply", "check-env", "Ledger:Lease:Seconds", "[30]", "ConnectionStrings:Ledger", Path.Combine(place.Directory, ".ledger")])
        {
            run.Text.ShouldContain(said);
        }

        Directory.EnumerateFileSystemEntries(place.Directory).ShouldBeEmpty();
    }

    [Fact]
    public async Task Help_on_a_verb_names_its_options()
    {
        var run = await HostRun.CallAsync(place.Directory, "db-apply", "--help");

        run.ExitCode.ShouldBe(0);
        run.Text.ShouldContain("--database");
    }

    [Fact]
    public async Task The_version_is_printed_and_nothing_else()
    {
        var run = await HostRun.CallAsync(place.Directory, "--version");

        run.ExitCode.ShouldBe(0);
        run.Lines.ShouldHaveSingleItem().ShouldMatch(@"^\d+\.\d+\.\d+$");
    }

    [Theory]
    [InlineData("db-aply", "'db-apply'")]
    [InlineData("--url=http://127.0.0.1:0", "'--urls'")]
    [InlineData("--Legder:Lease:Seconds=3", "'--Ledger:Lease:Seconds'")]
    [InlineData("--urls", "needs a value")]
    [InlineData("--Ledger:Leese:Seconds=3", "'Ledger:Lease:Seconds'")]
    [InlineData("--Ledger:LeaseSeconds=3", "'Ledger:Lease:Seconds'")]
    [InlineData("--Ledger:Checkly:Locations:here:there=x", "'Ledger:Checkly:Locations:{name}'")]
    [InlineData("--ConnectionStrings:Ledgr=Host=nowhere", "'ConnectionStrings:Ledger'")]
    [InlineData("--Ledger:Lease:Seconds=soon", "Ledger:Lease:Seconds must be a whole number, not 'soon'")]
    [InlineData("--Ledger:Database:ApplySchema=perhaps", "Ledger:Database:ApplySchema must be true or false, not 'perhaps'")]
    [InlineData("--Ledger:Lease=30", "group of settings")]
    [InlineData("--Ledger:Lease:Seconds=0", "between 1 and 3600")]
    [InlineData("--urls=:99999", "':99999' in --urls is no address")]
    [InlineData("--urls=:abc", "':abc' in --urls is no address")]
    [InlineData("--urls=http://:abc", "'abc' in 'http://:abc' in --urls is no port")]
    [InlineData("--urls=http://127.0.0.1:99999", "'99999' in 'http://127.0.0.1:99999' in --urls is no port")]
    [InlineData("--urls=http://not-an-interface:5080", "'not-an-interface'")]
    [InlineData("--http_ports=many", "'many'")]
    [InlineData("--ConnectionStrings:Ledger=nonsense", "ConnectionStrings:Ledger is no connection string")]
    [InlineData("--ConnectionStrings:Ledger=postgres://u:secret@h/d", "ConnectionStrings:Ledger is no connection string")]
    [InlineData("--ConnectionStrings:Ledger=Host=127.0.0.1;Port=1;Database=x", "'x' on 127.0.0.1:1 cannot be reached (Connection refused)")]
    public async Task A_mistake_ends_the_start_with_one_sentence_and_leaves_nothing_behind(string argument, string said)
    {
        var run = await HostRun.CallAsync(place.Directory, argument);

        run.ExitCode.ShouldBe(1);
        run.Lines.ShouldHaveSingleItem().ShouldContain(said);
        run.Text.ShouldNotContain("secret");
        Directory.EnumerateFileSystemEntries(place.Directory).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_option_that_a_verb_does_not_have_is_an_error_that_names_the_nearest()
    {
        var run = await HostRun.CallAsync(place.Directory, "db-apply", "--databse", "x");

        run.ExitCode.ShouldBe(1);
        run.Lines.ShouldHaveSingleItem().ShouldContain("'--database'");
    }

    [Fact]
    public async Task A_database_that_refuses_is_told_in_its_own_words()
    {
        var unknown = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "nobodys" };

        var run = await HostRun.CallAsync(place.Directory, $"--ConnectionStrings:Ledger={unknown.ConnectionString}");

        run.ExitCode.ShouldBe(1);
        run.Lines.ShouldHaveSingleItem().ShouldContain($"'nobodys' on 127.0.0.1:{unknown.Port} refuses the connection (database \"nobodys\" does not exist)");
    }

    [Fact]
    public async Task An_occupied_port_is_told_in_one_sentence()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://{other.LocalEndpoint}";

        var run = await HostRun.CallAsync(place.Directory, "--urls", address, $"--ConnectionStrings:Ledger={database.ConnectionString}");

        run.ExitCode.ShouldBe(1);
        run.Lines[^1].ShouldBe($"The ledger cannot start: another program listens on {address} already: end that one, or choose another address by --urls.");
        run.Text.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Https_without_a_certificate_is_told_in_one_sentence()
    {
        var run = await HostRun.CallAsync(place.Directory, "--urls=https://127.0.0.1:0", $"--ConnectionStrings:Ledger={database.ConnectionString}");

        run.ExitCode.ShouldBe(1);
        run.Lines[^1].ShouldStartWith("The ledger cannot start: an https address needs a certificate: name one by Kestrel:Certificates:Default:Path");
        run.Text.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_verb_that_only_looks_at_the_host_asks_no_database()
    {
        foreach (var verb in (string[][])[["describe"], ["codegen", "preview"]])
        {
            var run = await HostRun.CallAsync(place.Directory, [.. verb, "--ConnectionStrings:Ledger=Host=127.0.0.1;Port=1;Database=x"]);

            run.ExitCode.ShouldBe(0, run.Text);
        }

        Directory.Exists(Path.Combine(place.Directory, ".ledger")).ShouldBeFalse();
    }

    [Fact]
    public async Task The_schema_is_applied_by_a_verb_where_a_start_may_not()
    {
        using var empty = TestDatabase.Empty();
        string[] named = [$"--ConnectionStrings:Ledger={empty.ConnectionString}", "--Ledger:Database:ApplySchema=false"];
        var patch = Path.Combine(place.Directory, "patch.sql");

        (await HostRun.CallAsync(place.Directory, ["db-assert", .. named])).ExitCode.ShouldBe(1);
        var refused = await HostRun.CallAsync(place.Directory, ["--urls=http://127.0.0.1:0", .. named]);
        refused.ExitCode.ShouldBe(1);
        refused.Lines.ShouldHaveSingleItem().ShouldContain("schema is not up to date");
        (await HostRun.CallAsync(place.Directory, ["db-patch", patch, .. named])).ExitCode.ShouldBe(0);
        (await File.ReadAllTextAsync(patch)).ShouldContain("mt_events");
        (await File.ReadAllTextAsync(patch)).ShouldContain("schema_version");

        (await HostRun.CallAsync(place.Directory, ["db-apply", .. named])).ExitCode.ShouldBe(0);

        (await HostRun.CallAsync(place.Directory, ["db-assert", .. named])).ExitCode.ShouldBe(0);
        (await HostRun.CallAsync(place.Directory, ["check-env", .. named])).ExitCode.ShouldBe(0);
        using var applied = new LedgerPlace { ConnectionString = empty.ConnectionString, Arguments = [named[1]] };
        await using var ledger = await LedgerProcess.StartAsync(applied);
        (await ledger.GetAsync("/ledger/sessions")).GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task What_a_start_has_made_is_enough_for_one_that_may_make_nothing()
    {
        using var made = TestDatabase.Empty();
        using var making = new LedgerPlace { ConnectionString = made.ConnectionString };
        await (await LedgerProcess.StartAsync(making)).DisposeAsync();
        using var taking = new LedgerPlace
        {
            AccountId = making.AccountId,
            ApiKey = making.ApiKey,
            ConnectionString = made.ConnectionString,
            Arguments = ["--Ledger:Database:ApplySchema=false"],
        };

        await using var ledger = await LedgerProcess.StartAsync(taking);

        (await ledger.GetAsync("/ledger/sessions")).GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_verb_without_a_configured_database_uses_the_embedded_one_and_ends_it()
    {
        var run = await HostRun.CallAsync(place.Directory, "db-apply");

        run.ExitCode.ShouldBe(0, run.Text);
        Directory.Exists(Path.Combine(place.Directory, ".ledger", "postgres")).ShouldBeTrue();
        await Eventually.Become(() => Task.FromResult(string.Join('\n', ProcessTable.Mentioning(place.Directory))), left => left.Length == 0);
        Regex.Count(run.Text, "Making a PostgreSQL").ShouldBe(1);
    }
}
