using System.Runtime.CompilerServices;
using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Support;
using Npgsql;

namespace Ledger.Tests.Store;

/// <summary>A database from before there were partitions is converted where it stands.</summary>
public sealed class PartitioningTests : IAsyncLifetime
{
    private const string Shape = """
        select string_agg(line, E'\n' order by line collate "C") from (
          select c.relname || ' ' || c.relkind::text || coalesce(' ' || pg_get_expr(c.relpartbound, c.oid), '')
            || coalesce(' ' || array_to_string(c.reloptions, ','), '') as line
          from pg_class c where c.relnamespace = 'ledger'::regnamespace
          union all
          select attrelid::regclass || '.' || attname || ' ' || atttypid::regtype || ' ' || attnotnull || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '')
          from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where c.relnamespace = 'ledger'::regnamespace and attnum > 0 and not attisdropped
          union all
          select indexdef from pg_indexes where schemaname = 'ledger'
          union all
          select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'ledger'::regnamespace
          union all
          select 'sequence of ' || d.refobjid::regclass
          from pg_depend d where d.objid = 'ledger.mt_events_sequence'::regclass and d.deptype = 'a'
        ) lines
        """;

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
    public async Task An_upgraded_database_is_shaped_like_a_new_one()
    {
        using var fresh = new TestDatabase();
        await using var other = NpgsqlDataSource.Create(fresh.ConnectionString);
        await SchemaUpgrade.ApplyAsync(other, [], default);
        await SchemaUpgrade.ApplyFilesAsync(source, Before(), default);

        await SchemaUpgrade.ApplyAsync(source, [], default);

        (await ReadAsync(source, Shape)).ShouldBe(await ReadAsync(other, Shape));
    }

    [Fact]
    public async Task An_upgrade_keeps_every_event_and_goes_on_from_there()
    {
        await SchemaUpgrade.ApplyFilesAsync(source, Before(), default);
        var (one, archived) = (Some.Stream(), Some.Stream());
        IReadOnlyList<RecordedEvent> events;
        await using (var store = new PostgresEventStore(source))
        {
            await store.AppendAsync(Some.Unit(one, 0, events: 3), default);
            await store.AppendAsync(Some.Unit(archived, 0, events: 2), default);
            await store.AppendAsync(Some.Unit(one, 3), default);
            events = await store.ReadAllAsync(0, 100, default);
        }

        await ExecuteAsync($"update ledger.mt_streams set is_archived = true where id = '{archived.SessionId}'");
        await ExecuteAsync($"update ledger.mt_events set is_archived = true where stream_id = '{archived.SessionId}'");

        await SchemaUpgrade.ApplyAsync(source, [], default);

        // Another store, since connections of before know the old function's plans.
        await using var upgraded = new PostgresEventStore(source);
        (await upgraded.ReadAllAsync(0, 100, default)).ShouldBe(events);
        (await upgraded.AppendAsync(Some.Unit(one, 3), default)).ShouldBe(AppendOutcome.Conflict);
        (await upgraded.AppendAsync(Some.Unit(one, 4), default)).FirstPositions.ShouldBe([7]);
        (await upgraded.AppendAsync(Some.Unit(archived, 2), default)).FirstPositions.ShouldBe([8]);
        (await ReadAsync(source, "select string_agg(seq_id::text, ',' order by seq_id) from ledger.mt_events_archived")).ShouldBe("4,5,8");
        (await ReadAsync(source, "select count(*)::text from ledger.mt_streams_archived")).ShouldBe("1");
    }

    [Fact]
    public async Task An_upgrade_that_fails_leaves_the_database_as_it_was()
    {
        await SchemaUpgrade.ApplyFilesAsync(source, Before(), default);
        var before = await ReadAsync(source, Shape);

        await Should.ThrowAsync<StoreUnavailableException>(() => SchemaUpgrade.ApplyFilesAsync(
            source, [.. SchemaFile.Of(typeof(SchemaUpgrade).Assembly), new("bad.sql", "select nonsense")], default));

        (await ReadAsync(source, Shape)).ShouldBe(before);
    }

    private static SchemaFile[] Before([CallerFilePath] string path = "")
    {
        var known = SchemaFile.Of(typeof(SchemaUpgrade).Assembly)[0].Name;
        var folder = known[..(known.IndexOf(".Schema.", StringComparison.Ordinal) + ".Schema.".Length)];
        return
        [
            .. Directory.GetFiles(Path.Combine(Path.GetDirectoryName(path)!, "BeforePartitions"), "*.sql")
                .Order(StringComparer.Ordinal)
                .Select(file => new SchemaFile(folder + Path.GetFileName(file), File.ReadAllText(file))),
        ];
    }

    private static async Task<string> ReadAsync(NpgsqlDataSource from, string sql)
    {
        await using var command = from.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
