using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Hosting;

/// <summary>What people read while the host starts, serves and ends.</summary>
public sealed class HostLogTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string LinePattern = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (trce|dbug|info|warn|fail|crit) [A-Za-z.]+: ";

    [Fact]
    public async Task What_happens_to_a_session_is_a_line_each_with_its_id_in_one_format()
    {
        using var place = new LedgerPlace { ConnectionString = database.ConnectionString };
        await using var ledger = await LedgerProcess.StartAsync(place);

        var session = await TriggerAsync(ledger);
        await ledger.PostAsync($"/ledger/sessions/{session}/cancel", new { reason = "wrong\nbranch" });

        var lines = await Eventually.Become(
            () => Task.FromResult(ledger.Output.Where(line => line.Contains(session, StringComparison.Ordinal)).ToList()), told => told.Count >= 3);
        lines[0].ShouldEndWith($"info Ledger.Sessions: Session {session} triggered by bootstrap, 1 run: Checkout");
        lines[1].ShouldEndWith($"cancelled by bootstrap via ledger, 1 run, cause user, reason: wrong branch");
        lines[2].ShouldContain("stopped and settled: run");
        lines[2].ShouldEndWith("had not started");
        ledger.Output.ShouldAllBe(line => System.Text.RegularExpressions.Regex.IsMatch(line, LinePattern), "one format");
        ledger.Output.ShouldNotContain(line => line.Contains("info Wolverine", StringComparison.Ordinal)
            || line.Contains("info Marten", StringComparison.Ordinal) || line.Contains("projection", StringComparison.Ordinal));
        ledger.Output.Where(IsNoWarning).Count().ShouldBeLessThan(12);
    }

    [Fact]
    public async Task What_is_asked_of_an_archived_session_is_answered_and_no_error()
    {
        using var place = new LedgerPlace { ConnectionString = database.ConnectionString };
        await using var ledger = await LedgerProcess.StartAsync(place);
        var session = await TriggerAsync(ledger);
        ledger.Client.DefaultRequestHeaders.Add("Ledger-Runner", "log-reader");
        var claimed = await ledger.PostAsync("/ledger/runners/log-reader/claims", new { locations = new[] { "nowhere" }, checkTypes = Array.Empty<string>(), max = 1, waitSeconds = 20 });
        var run = claimed.GetProperty("runs").EnumerateArray().Single().GetProperty("sequenceId").GetString();
        await ledger.PostAsync($"/ledger/sessions/{session}/runs/{run}/start", new { });
        await ledger.PostAsync($"/ledger/sessions/{session}/runs/{run}/results", new { resultType = "FINAL", hasFailures = false });
        await Eventually.Become(
            () => ledger.PostAsync("/ledger/archive", new { before = DateTimeOffset.UtcNow.AddMinutes(1) }), archived => archived.GetProperty("sessions").GetInt32() > 0);

        // The refusal is recorded, for which the session is taken out of the archive: the store says by an exception that it is there.
        (await ledger.Client.PostAsJsonAsync($"/ledger/sessions/{session}/cancel", new { reason = "too late" })).StatusCode.ShouldBe(HttpStatusCode.Conflict);

        await Eventually.Become(() => ledger.Output.Any(line => line.Contains("too late", StringComparison.Ordinal)));
        ledger.Output.ShouldAllBe(line => System.Text.RegularExpressions.Regex.IsMatch(line, LinePattern), "no stack");
        ledger.Output.ShouldNotContain(line => line.Contains(" fail ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Levels_are_settings()
    {
        using var place = new LedgerPlace
        {
            ConnectionString = database.ConnectionString,
            Arguments =
            [
                "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Information",
            ],
        };
        await using var ledger = await LedgerProcess.StartAsync(place);

        await TriggerAsync(ledger);

        await Eventually.Become(() => ledger.Output.Any(line => line.Contains("POST", StringComparison.Ordinal)));
        ledger.Output.ShouldNotContain(line => line.Contains("triggered", StringComparison.Ordinal));
        ledger.Output.Where(IsNoWarning).ShouldAllBe(line => line.Contains("Microsoft.AspNetCore.Hosting.Diagnostics", StringComparison.Ordinal));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_key_that_is_made_is_kept_in_a_file_of_the_owner_and_not_logged_and_a_changed_one_is_told()
    {
        using var place = new LedgerPlace();
        string secret;
        await using (var first = await LedgerProcess.StartAsync(place, hasKey: false))
        {
            var file = Path.Combine(place.Directory, ".ledger", "bootstrap-key");
            secret = (await File.ReadAllLinesAsync(file)).Single(line => line.StartsWith("key=", StringComparison.Ordinal))["key=".Length..];
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await Eventually.Become(() => first.Output.Any(line => line.Contains($"key: in {file}", StringComparison.Ordinal)));
            await Eventually.Become(() => first.Output.Any(line => line.Contains("stop: Ctrl+C", StringComparison.Ordinal)));
            first.Output.ShouldContain(line => line.Contains($"listens on {first.Address.ToString().TrimEnd('/')}", StringComparison.Ordinal));
            first.Output.ShouldContain(line => line.Contains("Making a PostgreSQL", StringComparison.Ordinal));
            first.Output.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }

        var account = (await File.ReadAllLinesAsync(Path.Combine(place.Directory, ".ledger", "bootstrap-key")))[0]["account=".Length..];
        using var changed = new LedgerPlace { ConnectionString = null, Arguments = [$"--Ledger:DataDirectory={Path.Combine(place.Directory, ".ledger")}"], AccountId = Guid.Parse(account) };
        await using var second = await LedgerProcess.StartAsync(changed);
        second.Output.Count(line => line.Contains("A former bootstrap key is still valid", StringComparison.Ordinal)).ShouldBe(1, string.Join('\n', second.Output));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_terminal_is_shown_a_key_that_was_made_just_now_and_only_then()
    {
        using var empty = TestDatabase.Empty();
        using var place = new LedgerPlace();

        (await FirstLookAsync("made")).ShouldContain("shown this once");
        var secret = (await File.ReadAllLinesAsync(Path.Combine(place.Directory, ".ledger", "bootstrap-key")))[1]["key=".Length..];
        (await FirstLookAsync("there")).ShouldNotContain(secret);

        // Under script, which gives it a terminal.
        async Task<string> FirstLookAsync(string what)
        {
            await using var terminal = ChildProcess.Start(
                "script",
                ["-qec", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "Ledger.Http.dll")}' --urls http://127.0.0.1:0", "/dev/null"],
                place.Directory,
                new Dictionary<string, string>(StringComparer.Ordinal) { ["ConnectionStrings__Ledger"] = empty.ConnectionString });
            await Eventually.Become(() => terminal.Output.Any(line => line.Contains("Ctrl+C or SIGTERM", StringComparison.Ordinal)), TimeSpan.FromSeconds(60), what);
            return string.Join('\n', terminal.Output);
        }
    }

    [Fact]
    public async Task A_database_that_is_killed_is_one_warning_and_one_line_when_it_is_back()
    {
        using var place = new LedgerPlace();
        await using var ledger = await LedgerProcess.StartAsync(place);
        await TriggerAsync(ledger);
        var note = await File.ReadAllLinesAsync(Path.Combine(place.Directory, ".ledger", "postgres", "postmaster.pid"));

        ChildProcess.KillProcess(int.Parse(note[0], CultureInfo.InvariantCulture));

        await Eventually.Become(() => ledger.Output.Any(line => line.Contains("The database is back after", StringComparison.Ordinal)));
        await TriggerAsync(ledger);
        await Eventually.Become(ledger.IsReadyAsync);
        var told = ledger.Output.Where(line => line.Contains(" warn ", StringComparison.Ordinal) || line.Contains(" fail ", StringComparison.Ordinal)).ToList();
        told.Count(line => line.Contains("The database is away", StringComparison.Ordinal)).ShouldBe(1, string.Join('\n', ledger.Output));
        told.Count.ShouldBe(2, "the embedded server says that it is started again; " + string.Join('\n', told));
        ledger.Output.ShouldNotContain(line => line.StartsWith("   at ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_terminal_that_closes_and_ctrl_c_end_the_host_and_its_server_in_order(bool hangsUp)
    {
        using var place = new LedgerPlace();
        await using var ledger = await LedgerProcess.StartAsync(place);

        (await ledger.EndAsync(hangsUp)).ShouldBe(0);

        await Eventually.Become(() => Task.FromResult(string.Join('\n', ProcessTable.Mentioning(place.Directory))), left => left.Length == 0);
        ledger.Output.ShouldNotContain(line => line.StartsWith("   at ", StringComparison.Ordinal));
    }

    /// <summary>A machine that is busy may be told of.</summary>
    private static bool IsNoWarning(string line) => !line.Contains(" warn ", StringComparison.Ordinal);

    private static async Task<string> TriggerAsync(LedgerProcess ledger)
    {
        var triggered = await ledger.PostAsync(
            "/ledger/sessions",
            new
            {
                kind = "test",
                name = "Checkout",
                runs = new[] { new { checkType = "PLAYWRIGHT", name = "Checkout", location = "nowhere" } },
            });
        return triggered.GetProperty("sessionId").GetString()!;
    }
}
