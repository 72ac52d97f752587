using System.Net;
using System.Text.RegularExpressions;
using Ledger.Http.Tests.Archive;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Store.Postgres;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Restoring;

/// <summary>Dump, restore, append, rebuild: nothing changes (docs/domain.md#p11).</summary>
public sealed partial class DumpAndRestoreTests
{
    // What the daemon and hosts keep about themselves and about who is connected just now, and not about what happened.
    private static readonly string[] Left = ["projections", "mt_event_progression", "schema_version", "deadline_clock", "runners", "read_models"];

    [DumpFact]
    public async Task A_restored_ledger_answers_as_before_goes_on_without_a_gap_and_can_be_rebuilt()
    {
        using var database = new TestDatabase();
        var account = Guid.NewGuid();
        var file = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.dump");
        var ids = new List<string>();
        IReadOnlyDictionary<string, string> answers;
        IReadOnlyDictionary<string, string> tables;
        long head;
        await using (var ledger = await RunningLedger.StartAsync(database.ConnectionString, account: account))
        {
            foreach (var session in await History.WriteAsync(ledger.Client))
            {
                ids.AddRange(await EveryRead.IdsAsync(ledger.Client, session.SessionId));
            }

            head = await CatchUpAsync(ledger.Client);
            (await ledger.Client.PostBodyAsync("/ledger/archive", new { before = DateTimeOffset.UtcNow.AddMinutes(1), limit = 3 }))
                .Body.GetProperty("sessions").GetInt32().ShouldBe(3);
            answers = await EveryRead.OfAsync(ledger, ids);
            tables = await TablesAsync(database.ConnectionString);
            await PostgresClient.DumpAsync(database.ConnectionString, file);
        }

        await using var cluster = await OtherCluster.StartAsync();
        var restored = await cluster.NewDatabaseAsync("restored");
        var rebuilt = await cluster.NewDatabaseAsync("rebuilt");
        await PostgresClient.RestoreAsync(file, restored);
        await PostgresClient.RestoreAsync(file, rebuilt);
        File.Delete(file);
        await ForgetProjectionsAsync(rebuilt);

        foreach (var connectionString in new[] { restored, rebuilt })
        {
            await using var ledger = await RunningLedger.StartAsync(connectionString, account: account);
            (await CatchUpAsync(ledger.Client)).ShouldBe(head);
            (await TablesAsync(connectionString)).ShouldBe(tables);
            (await EveryRead.OfAsync(ledger, ids)).ShouldBeAs(answers);

            (await ledger.Client.TriggerAsync("after-the-restore")).Number.ShouldBeGreaterThan(head);
            var late = await new TestRunner(ledger.Client, "historian")
                .ReportAsync(Guid.Parse(ids[0]), Guid.Parse(ids[2]), resultId: Guid.NewGuid());
            late.Status.ShouldBe(HttpStatusCode.OK, late.Body.ToString());
            (await CatchUpAsync(ledger.Client)).ShouldBeGreaterThan(head + 1);
        }

        // Both went on alike, though one was restored with its rows and the other made them anew.
        (await WholeAsync(restored)).ShouldBe(await WholeAsync(rebuilt));
    }

    [DumpFact]
    public async Task A_dump_that_is_taken_while_events_are_appended_holds_all_of_them_up_to_its_head()
    {
        using var database = new TestDatabase();
        var file = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.dump");
        await using (var ledger = await RunningLedger.StartAsync(database.ConnectionString))
        {
            using var ending = new CancellationTokenSource();
            var appending = Task.Run(async () =>
            {
                while (!ending.IsCancellationRequested)
                {
                    await ledger.Client.TriggerAsync("busy", "busy");
                }
            });
            await Eventually.Become(async () => await ledger.Client.HeadAsync() > 20);
            await PostgresClient.DumpAsync(database.ConnectionString, file);
            await ending.CancelAsync();
            await appending;
        }

        using var other = TestDatabase.Empty();
        await PostgresClient.RestoreAsync(file, other.ConnectionString);
        File.Delete(file);
        var events = await WholeAsync(other.ConnectionString);
        events.ShouldBeGreaterThan(20);
        await using var restored = await RunningLedger.StartAsync(other.ConnectionString);
        (await restored.Client.TriggerAsync("after")).Number.ShouldBeGreaterThan(events);
        await CatchUpAsync(restored.Client);
        (await WholeAsync(other.ConnectionString)).ShouldBe(events + 1);
    }

    /// <summary>Waits for every projection, and says how far the events go.</summary>
    private static async Task<long> CatchUpAsync(HttpClient client)
    {
        var head = await client.HeadAsync();
        await Eventually.Become(async () => (await client.ReadAsync("/ledger/projections")).Body.GetProperty("entries").EnumerateArray()
            .All(projection => projection.GetProperty("position").GetInt64() == head));
        return head;
    }

    /// <summary>How many events there are, after a look that every stream has all of its own, and the sequence is not behind them.</summary>
    private static async Task<long> WholeAsync(string connectionString) => (long)(await ScalarAsync(
        connectionString,
        """
        select case
          when exists (
            select from ledger.mt_streams s
            where s.version <> (select count(*) from ledger.mt_events e where e.tenant_id = s.tenant_id and e.stream_id = s.id)) then -1
          when (select max(seq_id) from ledger.mt_events) > (select last_value from ledger.mt_events_sequence) then -2
          else (select count(*) from ledger.mt_events)
        end
        """))!;

    /// <summary>Has every projection begin again with nothing.</summary>
    private static Task<object?> ForgetProjectionsAsync(string connectionString) => ScalarAsync(
        connectionString,
        $"truncate {string.Join(", ", ProjectionTables())}; delete from ledger.mt_event_progression; truncate ledger.read_models, ledger.read_models_known, ledger.read_models_apart");

    /// <summary>The tables of projections: their files name them without a schema.</summary>
    private static List<string> ProjectionTables()
    {
        var tables = SchemaFile.Of(typeof(Projections.AssemblyMarker).Assembly)
            .SelectMany(file => TableOfProjection().Matches(file.Sql))
            .Select(match => $"ledger.{match.Groups["table"].Value}")
            .ToList();
        tables.Count.ShouldBeGreaterThan(3);
        return tables;
    }

    /// <summary>Each table's rows as text, by table.</summary>
    private static async Task<IReadOnlyDictionary<string, string>> TablesAsync(string connectionString)
    {
        var names = (string[])(await ScalarAsync(
            connectionString,
            """
            select array_agg(relname::text order by relname) from pg_class
            where relnamespace = 'ledger'::regnamespace and relkind in ('r', 'p') and not relispartition
            """))!;
        var tables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names.Except(Left))
        {
            tables.Add(name, (string)(await ScalarAsync(
                connectionString, $"select coalesce(string_agg(t::text, E'\\n' order by t::text), '') from ledger.{name} t"))!);
        }

        tables.Count.ShouldBeGreaterThan(10);
        return tables;
    }

    [GeneratedRegex("^create table if not exists (?<table>[a-z_]+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TableOfProjection();

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
