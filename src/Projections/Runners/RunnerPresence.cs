using System.Collections.Concurrent;
using System.Text.Json;

namespace Ledger.Projections.Runners;

/// <summary>
/// Notes which runners are heard of, for people who ask who is connected. What this host has heard is written together every few seconds, so
/// that any host can tell (<see cref="RunnersReader"/>), and which queues nobody serves (docs/deadlines.md#queue).
/// </summary>
public sealed class RunnerPresence(NpgsqlDataSource dataSource, TimeProvider clock)
{
    /// <summary>The part of the host that writes.</summary>
    public const string Part = "runners";

    // Longer than the longest claim may be held, and than the pause between two heartbeats.
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(7);

    private const string WriteSql = """
        insert into ledger.runners as r (account_id, runner_id, project, locations, check_types, since, seen_at, draining_since, heard_at)
        select n.account_id, n.runner_id, n.project, n.locations::jsonb, n.check_types::jsonb, n.seen_at, n.seen_at, n.draining_since, t.now
        from unnest($1, $2, $3, $4, $5, $6, $7) as n(account_id, runner_id, project, locations, check_types, seen_at, draining_since)
        cross join (select ledger.running_time('infinity') as now) t
        order by n.account_id, n.runner_id
        on conflict (account_id, runner_id) do update set
          project = excluded.project,
          locations = coalesce(excluded.locations, r.locations),
          check_types = coalesce(excluded.check_types, r.check_types),
          since = case when r.seen_at < excluded.seen_at - $8 then excluded.since else r.since end,
          seen_at = greatest(r.seen_at, excluded.seen_at),
          heard_at = greatest(r.heard_at, excluded.heard_at),
          draining_since = case when excluded.locations is null then coalesce(r.draining_since, excluded.draining_since) end
        """;

    private readonly ConcurrentDictionary<(Guid AccountId, string RunnerId), Sighting> heard = new();

    /// <summary>A runner asks for runs: it drains no more, if it ever did.</summary>
    public void Claims(Guid accountId, string runnerId, string? project, IReadOnlyCollection<string> locations, IReadOnlyCollection<string> checkTypes) =>
        Note(accountId, runnerId, _ => new Sighting(project, clock.GetUtcNow(), JsonSerializer.Serialize(locations), JsonSerializer.Serialize(checkTypes), null));

    /// <summary>A runner says something else.</summary>
    public void Speaks(Guid accountId, string runnerId, string? project) =>
        Note(accountId, runnerId, before => (before ?? new Sighting(project, default, null, null, null)) with { Project = project, At = clock.GetUtcNow() });

    /// <summary>A runner ends what it holds, since it shuts down.</summary>
    public void Drains(Guid accountId, string runnerId, string? project) => Note(accountId, runnerId, before =>
        new Sighting(project, clock.GetUtcNow(), null, null, before?.DrainingSince ?? clock.GetUtcNow()));

    /// <summary>Writes what was heard, every few seconds; ends with the host.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached; it is written when it can.</exception>
    public async Task RunAsync(Action isWell, CancellationToken stopping)
    {
        // The real time even where a test moves the ledger's: as with leases, what was heard of is compared by the database's clock.
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            await WriteAsync(stopping);
            isWell();
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        var taken = heard.ToArray();
        if (taken.Length == 0)
        {
            return;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Sql.Of("select set_config('synchronous_commit', 'off', true)"),
                Sql.Of(
                    WriteSql,
                    taken.Select(each => each.Key.AccountId).ToArray(),
                    taken.Select(each => each.Key.RunnerId).ToArray(),
                    taken.Select(each => each.Value.Project).ToArray(),
                    taken.Select(each => each.Value.Locations).ToArray(),
                    taken.Select(each => each.Value.CheckTypes).ToArray(),
                    taken.Select(each => each.Value.At).ToArray(),
                    taken.Select(each => each.Value.DrainingSince).ToArray(),
                    Silence),
                Sql.Of("delete from ledger.runners where seen_at < $1", clock.GetUtcNow() - Forgotten),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
        foreach (var each in taken)
        {
            heard.TryRemove(each); // Unless it was heard of again meanwhile.
        }
    }

    private void Note(Guid accountId, string runnerId, Func<Sighting?, Sighting> note) =>
        heard.AddOrUpdate((accountId, runnerId), _ => note(null), (_, before) => note(before));

    /// <summary>What was heard of a runner since the last write. With locations it is a claim.</summary>
    private sealed record Sighting(string? Project, DateTimeOffset At, string? Locations, string? CheckTypes, DateTimeOffset? DrainingSince);
}
