using System.Text.Json;
using Ledger.Deadlines;

namespace Ledger.Projections.Runners;

/// <summary>Answers: which runners work for the account, and what does each hold? The same on every host, a few seconds late at most.</summary>
public sealed class RunnersReader(NpgsqlDataSource dataSource, TimeProvider clock)
{
    private const int MaximumRunners = 1_000;
    private const int MaximumHeld = 100;

    // What a runner holds is read from the leases, which are written with the events; the rest of a run comes from the lists.
    private const string ListSql = """
        select r.runner_id, r.project, r.locations, r.check_types, r.since, r.seen_at, r.draining_since, h.count,
          h.session_id, h.session_name, h.sequence_id, h.location, h.check_type, h.state, h.has_begun, h.claimed_at
        from (select * from ledger.runners where account_id = $1 and seen_at >= $2 order by seen_at desc limit $3) r
        left join lateral (
          select count(*) over () as count, d.session_id, s.name as session_name, d.sequence_id, o.location, o.check_type, o.state, d.has_begun, o.claimed_at
          from ledger.due_times d
          left join ledger.open_runs o using (account_id, session_id, sequence_id)
          left join ledger.session_list s using (account_id, session_id)
          where d.account_id = r.account_id and d.runner_id = r.runner_id
          order by o.claimed_at nulls last, d.sequence_id limit $4) h on true
        order by r.runner_id, h.claimed_at nulls last, h.sequence_id
        """;

    private const string UnservedSql = """
        select q.n from unnest($2, $3, $4) with ordinality as q(project, location, check_type, n)
        where not exists (
          select from ledger.runners r
          where r.account_id = $1 and r.draining_since is null
            and r.heard_at > ledger.running_time('infinity') - make_interval(secs => greatest($5, $6))
            and r.locations ? q.location and r.check_types ? q.check_type and (r.project is null or r.project = q.project))
        """;

    /// <summary>Those of some queues that no runner serves: none that takes such runs was heard of lately, nor within a time.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="queues">The queues.</param>
    /// <param name="within">The time, if it is longer than a runner may be silent.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlySet<RunQueue>> UnservedAsync(
        Guid accountId, IReadOnlyCollection<RunQueue> queues, TimeSpan within, CancellationToken cancellation = default)
    {
        var asked = queues.ToArray();
        var unserved = await dataSource.QueryAsync(
            UnservedSql,
            [
                accountId,
                asked.Select(queue => queue.Project).ToArray(),
                asked.Select(queue => queue.Location).ToArray(),
                asked.Select(queue => queue.CheckType).ToArray(),
                within.TotalSeconds,
                RunnerPresence.Silence.TotalSeconds,
            ],
            row => asked[row.GetInt64(0) - 1],
            cancellation);
        return unserved.ToHashSet();
    }

    /// <summary>Whether a runner serves a queue: what the longest wait of a run asks.</summary>
    public async Task<bool> IsServedAsync(Guid accountId, RunQueue queue, TimeSpan within, CancellationToken cancellation) =>
        (await UnservedAsync(accountId, [queue], within, cancellation)).Count == 0;

    /// <summary>The runners that were heard of lately, by name.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="within">Only those that were heard of within this time.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ConnectedRunner>> ListAsync(Guid accountId, TimeSpan within, CancellationToken cancellation = default)
    {
        var now = clock.GetUtcNow();
        var rows = await dataSource.QueryAsync(
            ListSql,
            [accountId, now - within, MaximumRunners, MaximumHeld],
            row => (
                Runner: new ConnectedRunner(
                    row.GetString(0),
                    row.GetStringOrNull(1),
                    Texts(row, 2),
                    Texts(row, 3),
                    row.GetFieldValue<DateTimeOffset>(4),
                    row.GetFieldValue<DateTimeOffset>(5),
                    row.GetFieldValue<DateTimeOffset?>(6),
                    now - row.GetFieldValue<DateTimeOffset>(5) < RunnerPresence.Silence,
                    row.GetFieldValue<long?>(7) ?? 0,
                    []),
                Held: row.IsDBNull(8) ? null : ReadHeld(row)),
            cancellation);
        return
        [
            .. rows.GroupBy(row => row.Runner.RunnerId, StringComparer.Ordinal)
                .Select(ofOne => ofOne.First().Runner with { Holds = [.. ofOne.Select(row => row.Held).OfType<HeldRun>()] }),
        ];
    }

    private static HeldRun ReadHeld(NpgsqlDataReader row) => new(
        row.GetGuid(8),
        row.GetStringOrNull(9),
        row.GetGuid(10),
        row.GetStringOrNull(11),
        row.GetStringOrNull(12),
        row.GetStringOrNull(13) is { } state ? Words<RunState>.Read(state) : row.GetBoolean(14) ? RunState.Running : RunState.Claimed,
        row.GetFieldValue<DateTimeOffset?>(15));

    private static IReadOnlyList<string> Texts(NpgsqlDataReader row, int column) =>
        row.GetStringOrNull(column) is { } json ? JsonSerializer.Deserialize<string[]>(json)! : [];
}

/// <summary>A runner that was heard of.</summary>
/// <param name="RunnerId">Its name.</param>
/// <param name="Project">The project that its key is bound to; null for the whole account.</param>
/// <param name="Locations">Where it takes runs.</param>
/// <param name="CheckTypes">Of which types.</param>
/// <param name="Since">Since when it is heard of without a longer silence.</param>
/// <param name="SeenAt">When it was heard of last.</param>
/// <param name="DrainingSince">Since when it takes no more runs; null while it does.</param>
/// <param name="IsConnected">Whether it was heard of lately enough to be there still.</param>
/// <param name="Held">How many runs it holds.</param>
/// <param name="Holds">The first hundred of these, the oldest first.</param>
public sealed record ConnectedRunner(
    string RunnerId,
    string? Project,
    IReadOnlyList<string> Locations,
    IReadOnlyList<string> CheckTypes,
    DateTimeOffset Since,
    DateTimeOffset SeenAt,
    DateTimeOffset? DrainingSince,
    bool IsConnected,
    long Held,
    IReadOnlyList<HeldRun> Holds);

/// <summary>A run that a runner holds. What a list does not know yet is null.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="SessionName">What people call that.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Location">Where it runs.</param>
/// <param name="CheckType">The type of its check.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ClaimedAt">Since when the runner holds it.</param>
public sealed record HeldRun(
    Guid SessionId, string? SessionName, Guid SequenceId, string? Location, string? CheckType, RunState State, DateTimeOffset? ClaimedAt);
