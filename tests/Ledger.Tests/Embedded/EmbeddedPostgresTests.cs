using System.Runtime.Versioning;
using Ledger.Embedded;
using Ledger.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Tests.Embedded;

/// <summary>One host and its PostgreSQL: started, stopped, started again, killed (storage.md, "Embedded default").</summary>
public sealed class EmbeddedPostgresTests : DataFolder
{
    [Fact]
    public async Task It_answers_while_it_runs_and_leaves_no_process_when_it_stops()
    {
        var postgres = await StartAsync();
        var processId = postgres.ProcessId;
        (await Postmaster.AskAsync(postgres, "SELECT current_database()")).ShouldBe("ledger");
        Postmaster.IsRunning(processId).ShouldBeTrue();

        await postgres.DisposeAsync();

        Postmaster.IsRunning(processId).ShouldBeFalse();
        File.Exists(Path.Combine(Folder, "postgres", "postmaster.pid")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_second_start_finds_what_the_first_has_written()
    {
        int port;
        await using (var first = await StartAsync())
        {
            port = first.Port;
            await Postmaster.WriteRowAsync(first);
        }

        await using var second = await StartAsync();

        (await Postmaster.ReadRowAsync(second)).ShouldBe("kept");
        second.Port.ShouldBe(port);
    }

    [Fact]
    public async Task A_killed_server_comes_back_with_its_rows_under_the_same_connection_string()
    {
        await using var postgres = await StartAsync(durable: true);
        await Postmaster.WriteRowAsync(postgres);
        var killed = postgres.ProcessId;

        Postmaster.Kill(killed);

        await Eventually.Become(() => Postmaster.ReadRowAsync(postgres), row => Equals(row, "kept"));
        await Eventually.Become(() => postgres.ProcessId != killed);
    }

    [Fact]
    public async Task A_server_that_was_killed_with_its_host_is_started_again()
    {
        await using (var first = await StartAsync(durable: true))
        {
            await Postmaster.WriteRowAsync(first);
        }

        var orphan = await Orphan.LeaveAsync(Options(durable: true));
        Postmaster.Kill(orphan.ProcessId);

        await using var next = await StartAsync(durable: true);

        next.ProcessId.ShouldNotBe(orphan.ProcessId);
        (await Postmaster.ReadRowAsync(next)).ShouldBe("kept");
    }

    [Fact]
    public async Task A_killed_server_whose_busy_processes_live_on_for_a_while_is_waited_for()
    {
        await using var postgres = await StartAsync();
        var killed = postgres.ProcessId;
        var busy = Postmaster.AskAsync(postgres, "SELECT count(*) FROM generate_series(1, 6000) a, generate_series(1, 3000) b");
        await Eventually.Become(
            () => Postmaster.AskAsync(postgres, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 6%' AND pid <> pg_backend_pid()"),
            running => Equals(running, 1L));

        Postmaster.Kill(killed);

        await Eventually.Become(() => postgres.ProcessId != killed);
        (await Postmaster.AskAsync(postgres, "SELECT 1")).ShouldBe(1);
        (await busy).ShouldBe(18_000_000L);
    }

    [Fact]
    public async Task A_stale_note_of_a_process_that_is_something_else_by_now_does_not_keep_the_server_from_starting()
    {
        await using (await StartAsync())
        {
            // Only the cluster is wanted.
        }

        var note = $"{Environment.ProcessId}\n{Folder}/postgres\n1700000000\n1\n\n127.0.0.1\n\nready\n";
        await File.WriteAllTextAsync(Path.Combine(Folder, "postgres", "postmaster.pid"), note);

        await using var next = await StartAsync();

        (await Postmaster.AskAsync(next, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task Durable_is_the_default_and_a_test_may_go_without()
    {
        new EmbeddedPostgresOptions().Durable.ShouldBeTrue();
        await using (var durable = await StartAsync(durable: true))
        {
            (await Postmaster.AskAsync(durable, "SHOW fsync")).ShouldBe("on");
            (await Postmaster.AskAsync(durable, "SHOW synchronous_commit")).ShouldBe("on");
        }

        await using var hasty = await StartAsync(durable: false);
        (await Postmaster.AskAsync(hasty, "SHOW fsync")).ShouldBe("off");
    }

    [Fact]
    public async Task It_listens_on_the_loopback_address_alone_and_wants_its_password()
    {
        await using var postgres = await StartAsync();

        (await Postmaster.AskAsync(postgres, "SHOW listen_addresses")).ShouldBe("127.0.0.1");
        (await Postmaster.AskAsync(postgres, "SHOW unix_socket_directories")).ShouldBe("");
        var stranger = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guess", Pooling = false };
        await using var connection = new NpgsqlConnection(stranger.ConnectionString);
        var refusal = await Should.ThrowAsync<PostgresException>(() => connection.OpenAsync());
        refusal.SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_servers_account_can_read_the_password_and_the_data()
    {
        await using var postgres = await StartAsync();

        File.GetUnixFileMode(Path.Combine(Folder, "postgres", "ledger.password")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.Combine(Folder, "postgres"))
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_setting_of_the_host_reaches_the_server_whatever_characters_it_has()
    {
        var options = Options() with { Settings = new Dictionary<string, string> { ["cluster_name"] = @"it's a \ test", ["port"] = "1" } };

        await using var postgres = await EmbeddedPostgres.StartAsync(
            options, NullLogger.Instance);

        (await Postmaster.AskAsync(postgres, "SHOW cluster_name")).ShouldBe(@"it's a \ test");
        postgres.Port.ShouldNotBe(1);
    }
}
