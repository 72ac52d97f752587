namespace Ledger.Deadlines;

/// <summary>
/// What is due of which run, in the table <c>due_times</c>: written in the same transaction as the events that make it so. Durations are
/// written, and the database adds them to its own clock, so that no clock of a host counts (docs/domain.md#p15).
/// </summary>
/// <param name="settings">The durations.</param>
/// <param name="clock">The ledger's clock: unless it is a test's, the database's own is used.</param>
public sealed class DueTimes(DeadlineSettings settings, TimeProvider clock)
{
    // What stands in the table already goes on, but for a lease, which never ends earlier than it did.
    private const string WriteSql = """
        with gone as (
          delete from ledger.due_times d
          using unnest(?, ?, ?) as k(account_id, session_id, sequence_id)
          where d.account_id = k.account_id and d.session_id = k.session_id and d.sequence_id = k.sequence_id
        )
        insert into ledger.due_times as d
          (account_id, session_id, sequence_id, runner_id, has_begun, lease_ends, limit_at, force_at, expire_at)
        select n.account_id, n.session_id, n.sequence_id, n.runner_id, n.has_begun, ledger.due_in(t.now, n.lease),
          ledger.due_in(t.now, n.run_limit), ledger.due_in(t.now, n.force), ledger.due_in(t.now, n.expire)
        from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?)
          as n(account_id, session_id, sequence_id, runner_id, has_begun, lease, run_limit, force, expire)
        cross join (select ledger.running_time(?) as now) t
        order by n.account_id, n.session_id, n.sequence_id
        on conflict (account_id, session_id, sequence_id) do update set
          runner_id = excluded.runner_id,
          has_begun = excluded.has_begun,
          lease_ends = greatest(d.lease_ends, excluded.lease_ends),
          limit_at = case when 'infinity' in (d.limit_at, excluded.limit_at) then excluded.limit_at else d.limit_at end,
          force_at = case when 'infinity' in (d.force_at, excluded.force_at) then excluded.force_at else d.force_at end,
          expire_at = case when 'infinity' in (d.expire_at, excluded.expire_at) then excluded.expire_at else d.expire_at end
        """;

    private readonly DateTimeOffset anchor = clock.GetUtcNow();
    private readonly long since = clock.GetTimestamp();

    internal DeadlineSettings Settings => settings;

    /// <summary>
    /// The time to give to <c>ledger.running_time</c>: infinity for the database's own. Of a test's clock the monotonic side counts, which
    /// does not jump, as the database's does not.
    /// </summary>
    internal DateTimeOffset Given =>
        ReferenceEquals(clock, TimeProvider.System) ? DateTimeOffset.MaxValue : anchor + clock.GetElapsedTime(since);

    /// <summary>What a change of a session changes about what is due; most change nothing.</summary>
    internal IEnumerable<DueChange> ChangesOf(Session before, Session after)
    {
        for (var at = 0; at < after.Runs.Length; at++)
        {
            if (!ReferenceEquals(before.Runs[at], after.Runs[at])
                && DueOf(after.Runs[at]) is var due && due != DueOf(before.Runs[at]))
            {
                yield return new DueChange(new StreamId(after.AccountId, after.Id), after.Runs[at].SequenceId, due);
            }
        }
    }

    /// <summary>What is due of the runs of a new session: nothing, unless there is a longest wait.</summary>
    internal IEnumerable<DueChange> BeginningOf(SessionTriggered triggered) => settings.LongestWait is null
        ? []
        : triggered.Runs.Select(run => new DueChange(new StreamId(triggered.AccountId, triggered.SessionId), run.SequenceId, Waiting()));

    /// <summary>Has them written by one statement with whatever else the session of Marten is to write.</summary>
    internal void Enrol(IDocumentSession session, IReadOnlyList<DueChange> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        var gone = changes.Where(change => change.Due is null).ToList();
        var due = changes.Where(change => change.Due is not null).ToList();
        session.QueueSqlCommand(
            WriteSql,
            Of(gone, change => change.Stream.AccountId),
            Of(gone, change => change.Stream.SessionId),
            Of(gone, change => change.SequenceId),
            Of(due, change => change.Stream.AccountId),
            Of(due, change => change.Stream.SessionId),
            Of(due, change => change.SequenceId),
            Of(due, change => change.Due!.RunnerId),
            Of(due, change => change.Due!.HasBegun),
            Of(due, change => change.Due!.Lease),
            Of(due, change => change.Due!.Limit),
            Of(due, change => change.Due!.Force),
            Of(due, change => change.Due!.Expire),
            Given);
    }

    /// <summary>While a cancel is open its own deadlines decide: the lease and the run's own limit are left to them.</summary>
    private Due? DueOf(Run run) => run switch
    {
        { State: RunState.Queued } => Waiting(),
        { State: RunState.Claimed or RunState.Running } => new Due(run.RunnerId!, run.HasBegun, run.ClaimedAt)
        {
            Lease = run.LeaseSeconds,
            Limit = run is { State: RunState.Running, Plan.TimeoutSeconds: { } limit } ? limit + settings.LimitMargin.TotalSeconds : Due.Never,
        },
        { State: RunState.Cancelling, Cancel: { } cancel } => new Due(run.RunnerId ?? "", run.HasBegun, run.ClaimedAt)
        {
            Force = cancel.Forced || cancel.AcknowledgedAt is not null ? Due.Never : settings.Acknowledge.TotalSeconds,
            Expire = settings.Expire.TotalSeconds,
        },
        _ => null,
    };

    private Due? Waiting() => settings.LongestWait is { } wait ? new Due("", HasBegun: false, ClaimedAt: null) { Expire = wait.TotalSeconds } : null;

    private static T[] Of<T>(List<DueChange> changes, Func<DueChange, T> column) => [.. changes.Select(column)];
}

/// <summary>What is due of a run from now on.</summary>
/// <param name="Stream">The session.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Due">What is due; null for nothing any more.</param>
internal sealed record DueChange(StreamId Stream, Guid SequenceId, Due? Due);

/// <summary>The deadlines of a run, in seconds from the fact that sets each.</summary>
/// <param name="RunnerId">Who holds it; empty for a run that is queued.</param>
/// <param name="HasBegun">Whether its runner has begun.</param>
/// <param name="ClaimedAt">Tells one claim from the next.</param>
internal sealed record Due(string RunnerId, bool HasBegun, DateTimeOffset? ClaimedAt)
{
    public const double Never = -1;

    public double Lease { get; init; } = Never;

    public double Limit { get; init; } = Never;

    public double Force { get; init; } = Never;

    public double Expire { get; init; } = Never;
}
