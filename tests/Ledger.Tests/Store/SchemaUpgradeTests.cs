using System.Runtime.CompilerServices;
using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Support;
using Npgsql;

namespace Ledger.Tests.Store;

public sealed class SchemaUpgradeTests : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private NpgsqlDataSource source = null!;

    public Task InitializeAsync()
    {
        source = NpgsqlDataSource.Create(database.ConnectionString);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await source.DisposeAsync();
        database.Dispose();
    }

    [Fact]
    public async Task The_schema_is_the_approved_one()
    {
        await SchemaUpgrade.ApplyAsync(source, [], default);

        var actual = await ReadAsync<string>(Catalog);
        var approved = Path.Combine(Path.GetDirectoryName(ThisFile())!, "Schema.approved.txt");
        var expected = await File.ReadAllLinesAsync(approved);
        if (!actual.SequenceEqual(expected))
        {
            await File.WriteAllLinesAsync(Path.Combine(Path.GetDirectoryName(approved)!, "Schema.received.txt"), actual);
        }

        actual.ShouldBe(expected);
    }

    [Fact]
    public async Task A_second_upgrade_changes_nothing()
    {
        await SchemaUpgrade.ApplyAsync(source, [], default);
        var first = await ReadAsync<string>("select (file, checksum, applied_at)::text from ledger.schema_version order by 1");

        await SchemaUpgrade.ApplyAsync(source, [typeof(SchemaUpgrade).Assembly], default);

        (await ReadAsync<string>("select (file, checksum, applied_at)::text from ledger.schema_version order by 1")).ShouldBe(first);
        first.Count.ShouldBe(SchemaFile.Of(typeof(SchemaUpgrade).Assembly).Count);
    }

    [Fact]
    public async Task Hosts_may_upgrade_at_the_same_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SchemaUpgrade.ApplyAsync(source, [], default))));

        await using var store = new PostgresEventStore(source);
        (await store.AppendAsync(Some.Unit(Some.Stream(), 0), default)).Verdict.ShouldBe(AppendVerdict.Appended);
    }

    [Fact]
    public async Task Every_file_may_be_run_again()
    {
        await SchemaUpgrade.ApplyAsync(source, [], default);
        await using var store = new PostgresEventStore(source);
        await store.AppendAsync(Some.Unit(Some.Stream(), 0), default);
        await ExecuteAsync("update ledger.schema_version set checksum = 'another'");

        await SchemaUpgrade.ApplyAsync(source, [], default);

        (await store.ReadHeadAsync(default)).ShouldBe(1);
        (await ReadAsync<string>("select checksum from ledger.schema_version where checksum = 'another'")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_changed_file_is_applied_and_no_other()
    {
        var before = new SchemaFile("b", "create or replace function ledger.answer() returns int language sql as 'select 1'");
        SchemaFile[] own = [.. SchemaFile.Of(typeof(SchemaUpgrade).Assembly)];
        await SchemaUpgrade.ApplyFilesAsync(source, [.. own, before, new("c", "create table ledger.once (n int)")], default);

        await SchemaUpgrade.ApplyFilesAsync(
            source,
            [.. own, before with { Sql = before.Sql.Replace('1', '2') }, new("c", "create table ledger.once (n int)")],
            default);

        (await ReadAsync<int>("select ledger.answer()")).ShouldBe([2]);
    }

    [Fact]
    public async Task A_file_that_fails_is_named_and_leaves_nothing_behind()
    {
        SchemaFile[] files = [.. SchemaFile.Of(typeof(SchemaUpgrade).Assembly), new("bad.sql", "create table ledger.x (n nonsense)")];

        var error = await Should.ThrowAsync<StoreUnavailableException>(() => SchemaUpgrade.ApplyFilesAsync(source, files, default));

        error.Message.ShouldContain("bad.sql");
        (await ReadAsync<bool>("select to_regnamespace('ledger') is null")).ShouldBe([true]);
    }

    [Fact]
    public async Task Events_that_were_restored_without_the_head_are_continued()
    {
        await SchemaUpgrade.ApplyAsync(source, [], default);
        await using (var store = new PostgresEventStore(source))
        {
            await store.AppendAsync(Some.Unit(Some.Stream(), 0, events: 3), default);
        }

        await ExecuteAsync("drop table ledger.head; delete from ledger.schema_version where file like '%head%'");
        await SchemaUpgrade.ApplyAsync(source, [], default);

        await using var restored = new PostgresEventStore(source);
        (await restored.AppendAsync(Some.Unit(Some.Stream(), 0), default)).FirstPositions.ShouldBe([4]);
    }

    private const string Catalog = """
        select line from (
          select 1 as part, c.relname as name, a.attnum::int as n, format(
            '%s.%s %s%s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
            case when a.attcollation <> 0 and a.attcollation <> 100 then ' collate ' || (select collname from pg_collation where oid = a.attcollation) end,
            case when a.attnotnull then ' not null' end,
            ' default ' || pg_get_expr(d.adbin, d.adrelid)) as line
          from pg_attribute a
          join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and c.relnamespace = 'ledger'::regnamespace
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attnum > 0 and not a.attisdropped
          union all
          select 1, c.relname, 99, format(
            '%s%s%s%s', c.relname, ' partitioned by ' || pg_get_partkeydef(c.oid),
            (select ' of ' || inhparent::regclass from pg_inherits where inhrelid = c.oid) || ' ' || pg_get_expr(c.relpartbound, c.oid),
            ' with ' || array_to_string(c.reloptions, ', '))
          from pg_class c
          where c.relnamespace = 'ledger'::regnamespace and c.relkind in ('r', 'p')
            and (c.relkind = 'p' or c.relispartition or c.reloptions is not null)
          union all
          select 2, indexname, 0, indexdef from pg_indexes where schemaname = 'ledger'
          union all
          select 3, conname, 0, format('%s: %s on %s', conname, pg_get_constraintdef(oid), conrelid::regclass)
          from pg_constraint where connamespace = 'ledger'::regnamespace and contype in ('p', 'c', 'f', 'u')
          union all
          select 4, sequencename, 0, format('sequence %s %s', sequencename, data_type) from pg_sequences where schemaname = 'ledger'
          union all
          select 5, proname, 0, format('function %s(%s) returns %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid))
          from pg_proc where pronamespace = 'ledger'::regnamespace
        ) lines
        order by part, name collate "C", n
        """;

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private async Task<List<T>> ReadAsync<T>(string sql)
    {
        var read = new List<T>();
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            read.Add(reader.GetFieldValue<T>(0));
        }

        return read;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
