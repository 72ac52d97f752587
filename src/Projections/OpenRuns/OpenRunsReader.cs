namespace Ledger.Projections.OpenRuns;

/// <summary>Answers: what is open, and who has it?</summary>
public sealed class OpenRunsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "open_runs";

    // A run waits while an earlier session of its group is open (SessionTriggered.ConcurrencyGroup). The inner limit keeps each pair of
    // location and type to the head of its queue, however long that is.
    private const string ClaimableSql = """
        select r.session_id, r.sequence_id, r.session_number, r.ordinal
        from unnest($2) as l(location)
        cross join unnest($3) as t(check_type)
        cross join lateral (
          select r.session_id, r.sequence_id, r.session_number, r.ordinal
          from ledger.open_runs r
          where r.account_id = $1 and r.location = l.location and r.check_type = t.check_type and r.state = 'queued'
            and ($5::text is null or r.project = $5)
            and (r.concurrency_group is null or not exists (
              select from ledger.open_runs earlier
              where earlier.account_id = r.account_id and earlier.concurrency_group = r.concurrency_group
                and earlier.project is not distinct from r.project and earlier.session_number < r.session_number))
          order by r.session_number, r.ordinal
          limit $4
        ) r
        order by r.session_number, r.ordinal
        limit $4
        """;

    private const string OpenCancelsSql = """
        select cancel_id, session_id, sequence_id, cancel_forced as forced, cancel_acknowledged as acknowledged, cancel_requested_at as requested_at
        from ledger.open_runs
        where account_id = $1 and runner_id = $2 and cancel_id is not null
        order by cancel_requested_at, session_number, ordinal
        """;

    private const string GroupsSql = """
        select distinct g.n, r.session_id, r.session_number
        from unnest($1, $2, $3, $4) with ordinality as g(account_id, project, concurrency_group, before, n)
        join ledger.open_runs r on r.account_id = g.account_id and r.concurrency_group = g.concurrency_group
          and r.project is not distinct from g.project and r.session_number < g.before
        order by g.n, r.session_number
        """;

    private const string CountSql = """
        select count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'claimed') as claimed,
          count(*) filter (where state = 'running') as running, count(*) filter (where state = 'cancelling') as cancelling,
          count(*) filter (where cancel_id is not null and not cancel_acknowledged) as unacknowledged
        from ledger.open_runs
        """;

    private const string OfSessionsSql = """
        select session_id, state, check_type, count(*)
        from ledger.open_runs where account_id = $1 and session_id = any($2)
        group by session_id, state, check_type
        """;

    /// <summary>Queued runs that a runner may claim, oldest first. A claim decides on the stream: a run may be gone by then.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="locations">Where the runner is; none finds none.</param>
    /// <param name="checkTypes">What it can execute; empty for all of <see cref="CheckTypes.Known"/>.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="project">Only runs of this project; null for all.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ClaimableRun>> ClaimableAsync(
        Guid accountId,
        IReadOnlyCollection<string> locations,
        IReadOnlyCollection<string> checkTypes,
        int limit,
        string? project = null,
        CancellationToken cancellation = default)
    {
        var types = checkTypes.Count > 0 ? checkTypes : (IEnumerable<string>)CheckTypes.Known;
        return await dataSource.QueryAsync<ClaimableRun>(
            ClaimableSql,
            [accountId, locations.Distinct().ToArray(), types.Distinct().ToArray(), limit, project],
            cancellation);
    }

    /// <summary>Every cancel that is still open for a runner, oldest first; the reason stands in the session.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<OpenCancel>> OpenCancelsAsync(Guid accountId, string runnerId, CancellationToken cancellation = default) =>
        await dataSource.QueryAsync<OpenCancel>(OpenCancelsSql, [accountId, runnerId], cancellation);

    /// <summary>How many runs are open, over all accounts.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<OpenRunCounts> CountAsync(CancellationToken cancellation = default) => (await dataSource.QueryAsync<OpenRunCounts>(CountSql, [], cancellation))[0];

    /// <summary>How many open runs of some sessions stand where; nothing of sessions without an open run.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<ILookup<Guid, OpenRunGroup>> OfSessionsAsync(
        Guid accountId, IReadOnlyCollection<Guid> sessionIds, CancellationToken cancellation = default) => (await dataSource.QueryAsync(
        OfSessionsSql,
        [accountId, sessionIds.ToArray()],
        row => (SessionId: row.GetGuid(0), Group: new OpenRunGroup(Words<RunState>.Read(row.GetString(1)), row.GetString(2), (int)row.GetInt64(3))),
        cancellation)).ToLookup(found => found.SessionId, found => found.Group);

    /// <summary>
    /// The open sessions of concurrency groups that came before a session, oldest first; <c>Place</c> is the index of the place that each came
    /// before.
    /// </summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    internal async Task<IReadOnlyList<(int Place, Guid SessionId)>> OpenSessionsOfGroupsAsync(
        IReadOnlyList<GroupPlace> places, CancellationToken cancellation) => await dataSource.QueryAsync(
        GroupsSql,
        [
            places.Select(place => place.AccountId).ToArray(),
            places.Select(place => place.Project).ToArray(),
            places.Select(place => place.ConcurrencyGroup).ToArray(),
            places.Select(place => place.BeforeNumber).ToArray(),
        ],
        row => ((int)row.GetInt64(0) - 1, row.GetGuid(1)),
        cancellation);
}

/// <summary>How many runs are open.</summary>
/// <param name="Queued">Waiting for a runner.</param>
/// <param name="Claimed">A runner has them and has not begun.</param>
/// <param name="Running">Being executed.</param>
/// <param name="Cancelling">Being stopped.</param>
/// <param name="Unacknowledged">Those with a cancel that their runner has not confirmed.</param>
public sealed record OpenRunCounts(long Queued, long Claimed, long Running, long Cancelling, long Unacknowledged);

/// <summary>How many open runs of a session are in one state and of one type.</summary>
/// <param name="State">Where they stand.</param>
/// <param name="CheckType">What they execute.</param>
/// <param name="Count">How many.</param>
public readonly record struct OpenRunGroup(RunState State, string CheckType, int Count)
{
    /// <summary>Those of a session that was read from its stream.</summary>
    public static IReadOnlyList<OpenRunGroup> Of(Session session) =>
    [
        .. session.Runs.Where(run => run.IsOpen).CountBy(run => (run.State, run.Plan.CheckType))
            .Select(entry => new OpenRunGroup(entry.Key.State, entry.Key.CheckType, entry.Value)),
    ];
}

/// <summary>A run that waits for a runner.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="SequenceId">Its id.</param>
/// <param name="SessionNumber">The session's number.</param>
public readonly record struct ClaimableRun(Guid SessionId, Guid SequenceId, long SessionNumber);

/// <summary>A cancel that a runner has not carried out yet, for one run.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SessionId">The session.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Forced">Whether to kill at once.</param>
/// <param name="Acknowledged">Whether the runner has confirmed that it is stopping.</param>
/// <param name="RequestedAt">When it was asked for.</param>
public sealed record OpenCancel(
    Guid CancelId, Guid SessionId, Guid SequenceId, bool Forced, bool Acknowledged, DateTimeOffset RequestedAt);

/// <summary>A place in the queue of a concurrency group.</summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="Project">The group's project; null for none.</param>
/// <param name="ConcurrencyGroup">The group.</param>
/// <param name="BeforeNumber">Before the session of this number.</param>
public sealed record GroupPlace(Guid AccountId, string? Project, string ConcurrencyGroup, long BeforeNumber);
