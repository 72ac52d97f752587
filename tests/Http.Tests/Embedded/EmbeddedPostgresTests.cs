using System.Runtime.Versioning;
using Ledger.Http.Embedded;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Embedded;

/// <summary>One host and its PostgreSQL: started, stopped, started again, killed.</summary>
public sealed class EmbeddedPostgresTests : DataFolder
{
    [Fact]
    public async Task It_answers_while_it_runs_and_leaves_no_process_when_it_stops()
    {
        var postgres = await StartAsync();
        (await Postmaster.AskAsync(postgres, "SELECT current_database()")).ShouldBe("ledger");
        (await Postmaster.CountAsync(Folder)).ShouldBeGreaterThan(0);

        await postgres.DisposeAsync();

        (await Postmaster.CountAsync(Folder)).ShouldBe(0);
        File.Exists(Path.Combine(Folder, "postgres", "postmaster.pid")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_second_start_finds_what_the_first_has_written()
    {
        await using (var first = await StartAsync())
        {
            await Postmaster.WriteRowAsync(first);
        }

        await using var second = await StartAsync();

        (await Postmaster.ReadRowAsync(second)).ShouldBe("kept");
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
    public async Task A_second_host_on_the_directory_is_refused_in_one_sentence_and_the_first_goes_on()
    {
        await using var first = await StartAsync();

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => StartAsync());

        refusal.Message.ShouldStartWith($"Another host uses the data directory '{Folder}': end that host, or ");
        refusal.Message.ShouldNotContain(". ");
        (await Postmaster.AskAsync(first, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_neither_a_process_nor_half_a_cluster()
    {
        using var cancellation = new CancellationTokenSource();
        var start = StartAsync(cancellation: cancellation.Token);
        await Eventually.Become(async () =>
        {
            if (start.IsCompletedSuccessfully)
            {
                // Made before anyone looked: once more.
                await (await start).DisposeAsync();
                Directory.Delete(Folder, recursive: true);
                start = StartAsync(cancellation: cancellation.Token);
            }

            return Directory.GetDirectories(Folder, "postgres.incoming.*").Any(incoming => Directory.Exists($"{incoming}/cluster/base"));
        });

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(start);
        (await Postmaster.CountAsync(Folder)).ShouldBe(0);
        Directory.GetDirectories(Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_left_of_an_interrupted_initdb_is_removed_at_the_next_start()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "postgres.incoming.0123", "cluster"));

        await using var postgres = await StartAsync();

        Directory.GetDirectories(Folder).ShouldBe([Path.Combine(Folder, "postgres")]);
    }
}
