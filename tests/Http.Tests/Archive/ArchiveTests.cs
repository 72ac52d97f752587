using System.Net;
using System.Text.RegularExpressions;
using Ledger.Http.Archive;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Archive;

public sealed partial class ArchiveTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task No_answer_changes_when_sessions_are_archived()
    {
        var history = await History.WriteAsync(client);
        var ids = new List<string>();
        foreach (var session in history)
        {
            ids.AddRange(await EveryRead.IdsAsync(client, session.SessionId));
        }

        var before = await EveryRead.OfAsync(fixture.Ledger, ids);
        var versions = await VersionsAsync(history[^1]);

        await ArchiveAllAsync();

        foreach (var session in history)
        {
            (await IsArchivedAsync(session)).ShouldBeTrue();
        }

        (await EveryRead.OfAsync(fixture.Ledger, ids)).ShouldBeAs(before);
        (await VersionsAsync(history[^1])).ShouldBe(versions);
    }

    [Fact]
    public async Task What_comes_late_is_answered_and_kept_as_before_the_session_was_archived()
    {
        var runner = new TestRunner(client, "late");
        var archived = await History.PassedAsync(client, runner, "check");
        var cancelled = await History.CancelledWhileRunningAsync(client, runner);
        await ArchiveAllAsync();
        var active = await History.PassedAsync(client, runner, "check");
        var alsoCancelled = await History.CancelledWhileRunningAsync(client, runner);

        (await TellEverythingAsync(runner, archived)).ShouldBe(await TellEverythingAsync(runner, active));
        (await TellEverythingAsync(runner, cancelled)).ShouldBe(await TellEverythingAsync(runner, alsoCancelled));

        (await client.EventTypesAsync(archived.SessionId)).ShouldBe(await client.EventTypesAsync(active.SessionId));
        (await client.EventTypesAsync(archived.SessionId)).ShouldContain("late_report");
        (await client.EventTypesAsync(archived.SessionId)).ShouldContain("cancel_refused");
        (await client.EventTypesAsync(cancelled.SessionId)).ShouldBe(await client.EventTypesAsync(alsoCancelled.SessionId));
        (await IsArchivedAsync(archived)).ShouldBeTrue();
        (await IsArchivedAsync(active)).ShouldBeFalse();
    }

    [Fact]
    public async Task Only_what_is_settled_since_before_the_time_is_archived_and_no_more_than_the_limit()
    {
        var runner = new TestRunner(client, "choosy");
        await ArchiveAllAsync();
        var open = await client.TriggerAsync("choosy-open");
        var settled = new[] { await History.PassedAsync(client, runner, "check"), await History.PassedAsync(client, runner, "run") };

        (await ArchiveAsync(DateTimeOffset.UtcNow.AddHours(-1))).ShouldBe(0);
        (await ArchiveAsync(DateTimeOffset.UtcNow.AddMinutes(1), limit: 1)).ShouldBe(1);
        (await Task.WhenAll(settled.Select(IsArchivedAsync))).Count(archived => archived).ShouldBe(1);
        (await ArchiveAsync(DateTimeOffset.UtcNow.AddMinutes(1))).ShouldBe(1);
        (await ArchiveAsync(DateTimeOffset.UtcNow.AddMinutes(1))).ShouldBe(0);
        (await IsArchivedAsync(open)).ShouldBeFalse();
    }

    [Fact]
    public async Task Another_accounts_sessions_are_not_archived()
    {
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString);
        var theirs = await History.PassedAsync(other.Client, new TestRunner(other.Client, "other"), "check");

        await ArchiveAllAsync();

        (await IsArchivedAsync(theirs)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"before":"yesterday"}""")]
    [InlineData("""{"before":null}""")]
    [InlineData("""{"before":"2026-01-01T00:00:00Z","limit":0}""")]
    [InlineData("""{"before":"2026-01-01T00:00:00Z","limit":10001}""")]
    [InlineData("""{"before":"2026-01-01T00:00:00Z","account":"x"}""")]
    public async Task A_malformed_request_is_refused(string body) =>
        (await client.PostBodyAsync("/ledger/archive", new StringContent(body))).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    [InlineData("2026-01-01T00:00:00+14:00")]
    public async Task Any_time_may_be_named(string before) =>
        (await client.PostBodyAsync("/ledger/archive", new { before })).Status.ShouldBe(HttpStatusCode.OK);

    [Fact]
    public async Task Only_an_administrator_archives()
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "reader", scopes = new[] { "read", "command", "runner" } });
        using var reader = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());

        (await reader.PostBodyAsync("/ledger/archive", new { before = DateTimeOffset.UtcNow })).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Sessions_are_archived_on_their_own_after_the_days_that_are_set()
    {
        using var database = new TestDatabase();
        var clock = new FakeClock();
        await using var ledger = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:Archive:AfterDays"] = "7" }, clock);
        var session = await History.PassedAsync(ledger.Client, new TestRunner(ledger.Client, "patient"), "check");
        clock.Advance(TimeSpan.FromDays(6));
        var recent = await History.PassedAsync(ledger.Client, new TestRunner(ledger.Client, "patient"), "check");

        clock.Advance(TimeSpan.FromHours(23));
        await Eventually.Become(async () =>
        {
            clock.Advance(TimeSpan.FromHours(1));
            await ledger.HandleAsync(new ArchiveSettled());
            return await IsArchivedAsync(session, database.ConnectionString);
        });

        (await IsArchivedAsync(recent, database.ConnectionString)).ShouldBeFalse();
        (clock.GetUtcNow() - FakeClock.DefaultStart).ShouldBeGreaterThan(TimeSpan.FromDays(7));
    }

    private async Task ArchiveAllAsync()
    {
        await ArchiveAsync(DateTimeOffset.UtcNow.AddMinutes(1));
    }

    /// <summary>After every projection has come to the head, since what they have not seen stays.</summary>
    private async Task<int> ArchiveAsync(DateTimeOffset before, int? limit = null)
    {
        var head = await client.HeadAsync();
        await Eventually.Become(async () => (await client.ReadAsync("/ledger/projections")).Body.GetProperty("entries").EnumerateArray()
            .All(projection => projection.GetProperty("position").GetInt64() >= head));
        var answer = await client.PostBodyAsync("/ledger/archive", limit is null ? new { before } : new { before, limit });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body.GetProperty("sessions").GetInt32();
    }

    /// <summary>The answers to everything that can be said about a run, without ids and times.</summary>
    private async Task<IReadOnlyList<string>> TellEverythingAsync(TestRunner runner, Triggered session)
    {
        var (id, run) = (session.SessionId, session.Run);
        Answer[] answers =
        [
            await runner.HeartbeatAsync(id, run),
            await runner.StartAsync(id, run),
            await runner.ReportAsync(id, run, resultId: Guid.NewGuid()),
            await runner.AcknowledgeAsync(id, run, Guid.NewGuid()),
            await runner.AbortAsync(id, run, Guid.NewGuid()),
            await client.PostBodyAsync($"/ledger/sessions/{id}/cancel", new { reason = "too late" }),
            await client.PostBodyAsync($"/v1/check-sessions/{id}/cancel", null),
            await runner.ReportAsync(id, run, isCancelled: true, resultId: Guid.NewGuid()),
            await runner.AskAsync($"at-{id:N}"),
        ];
        return [.. answers.Select(answer => $"{answer.Status} {Variable().Replace(answer.Body.ToString(), "*")}")];
    }

    private async Task<IReadOnlyList<string>> VersionsAsync(Triggered session)
    {
        var read = new List<string>();
        for (var version = 1; version <= 6; version++)
        {
            read.Add((await client.ReadAsync($"/ledger/sessions/{session.SessionId}?version={version}")).Body.ToString());
        }

        return read;
    }

    private Task<bool> IsArchivedAsync(Triggered session) => IsArchivedAsync(session, fixture.ConnectionString);

    /// <summary>Whether all of a session is archived; fails when only a part is.</summary>
    private static async Task<bool> IsArchivedAsync(Triggered session, string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select array_agg(distinct is_archived) from (
              select is_archived from ledger.mt_streams where id = $1
              union all select is_archived from ledger.mt_events where stream_id = $1) rows
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = session.SessionId });
        return ((bool[])(await command.ExecuteScalarAsync())!).ShouldHaveSingleItem();
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^\"]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}
