using System.Diagnostics;
using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Streams;
using Ledger.Support;
using Npgsql;
using Xunit.Abstractions;

namespace Ledger.Http.Tests.Runners;

public sealed class SignalTests(TestDatabase database, ITestOutputHelper output) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_signal_stream_begins_with_everything_that_is_open()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        var runner = new TestRunner(ledger.Client, "again");
        var session = await ledger.Client.TriggerAsync("again");
        await runner.TakeAsync(session, "again");
        await ledger.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        for (var time = 0; time < 2; time++)
        {
            await using var signals = await runner.ListenAsync();
            (await signals.NextAsync()).Data.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
        }
    }

    [Fact]
    public async Task A_cancel_sent_to_one_host_reaches_the_runner_of_another_and_both_agree()
    {
        var account = Guid.NewGuid();
        await using var here = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        await using var there = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        var runner = new TestRunner(here.Client, "across");
        var session = await there.Client.TriggerAsync("across");
        await runner.TakeAsync(session, "across");
        await using var signals = await runner.ListenAsync();

        var began = Stopwatch.GetTimestamp();
        var asked = await there.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });
        var signal = await signals.NextAsync();

        output.WriteLine($"The signal came {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0.0} ms after the request was sent.");
        asked.Status.ShouldBe(HttpStatusCode.Accepted);
        signal.Data.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
        await runner.AbortAsync(session.SessionId, session.Run, signal.Data.GetProperty("cancelId").GetGuid());
        foreach (var client in new[] { here.Client, there.Client })
        {
            (await client.SessionAsync(session.SessionId)).GetProperty("status").GetString().ShouldBe("CANCELLED");
            var listed = await client.ReadAsync("/ledger/sessions?status=CANCELLED");
            listed.Body.GetProperty("entries").EnumerateArray().ShouldHaveSingleItem()
                .GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
        }
    }

    [Fact]
    public async Task A_cancel_reaches_the_runner_of_another_host_although_the_connection_that_listens_was_cut()
    {
        var account = Guid.NewGuid();
        await using var here = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        await using var there = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        var runner = new TestRunner(here.Client, "cut");
        var session = await there.Client.TriggerAsync("cut");
        await runner.TakeAsync(session, "cut");
        await using var signals = await runner.ListenAsync();

        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        {
            await using var cut = source.CreateCommand(
                $"""
                select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and query = 'listen {ChangeNotes.Channel}'
                """);
            ((long)(await cut.ExecuteScalarAsync())!).ShouldBeGreaterThanOrEqualTo(2);
        }

        await there.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        (await signals.NextAsync()).Data.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
    }

    [Fact]
    public async Task A_cancel_is_signalled_once_although_the_log_brings_it_again()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        var runner = new TestRunner(ledger.Client, "once");
        var sessions = new List<Triggered>();
        await using var signals = await runner.ListenAsync();
        for (var n = 0; n < 3; n++)
        {
            sessions.Add(await ledger.Client.TriggerAsync("once"));
            await runner.TakeAsync(sessions[n], "once");
            await ledger.Client.PostBodyAsync($"/ledger/sessions/{sessions[n].SessionId}/cancel", new { });
            await ledger.Client.ReadAsync("/ledger/sessions"); // Which waits for the log.
        }

        foreach (var session in sessions)
        {
            (await signals.NextAsync()).Data.GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
        }
    }

    [Fact]
    public async Task Signals_of_other_runners_and_accounts_stay_away()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        await using var foreign = await RunningLedger.StartAsync(database.ConnectionString);
        var runner = new TestRunner(ledger.Client, "mine");
        var session = await ledger.Client.TriggerAsync("mine");
        await runner.TakeAsync(session, "mine");
        var elsewhere = await foreign.Client.TriggerAsync("mine");
        var namesake = new TestRunner(foreign.Client, "mine");
        await namesake.TakeAsync(elsewhere, "mine");
        await using var signals = await runner.ListenAsync();

        await foreign.Client.PostBodyAsync($"/ledger/sessions/{elsewhere.SessionId}/cancel", new { });
        await ledger.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        (await signals.NextAsync()).Data.GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
    }

    [Fact]
    public async Task A_stopping_host_ends_its_streams()
    {
        OpenStream signals;
        OpenStream live;
        await using (var ledger = await RunningLedger.StartAsync(database.ConnectionString))
        {
            var session = await ledger.Client.TriggerAsync("ends");
            signals = await new TestRunner(ledger.Client, "ends").ListenAsync();
            live = await OpenStream.OpenAsync(ledger.Client, $"/ledger/sessions/{session.SessionId}/live");
            (await live.NextAsync()).Type.ShouldBe("session_triggered");
            await ledger.StopAsync();
            await signals.EndAsync();
            await live.EndAsync();
        }

        await signals.DisposeAsync();
        await live.DisposeAsync();
    }
}
