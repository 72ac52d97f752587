using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.Deadlines;

/// <summary>A run that is held by a runner, and what its deadlines are made of.</summary>
internal sealed record WatchedRun
{
    private const string Sql = """
        select r.account_id, r.session_id, r.sequence_id, r.state, r.runner_id, r.lease_seconds, r.claimed_at, r.started_at,
          r.timeout_seconds, r.cancel_id, r.cancel_requested_at, r.cancel_forced or r.cancel_acknowledged,
          coalesce(l.renewals, 0), l.renewed_at
        from ledger.open_runs r
        left join ledger.leases l on l.account_id = r.account_id and l.session_id = r.session_id and l.sequence_id = r.sequence_id
          and l.runner_id = r.runner_id
        where r.state <> 'queued'
        """;

    public required RunKey Run { get; init; }

    public required RunState State { get; init; }

    public string? RunnerId { get; init; }

    public int LeaseSeconds { get; init; }

    public DateTimeOffset? ClaimedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public int? TimeoutSeconds { get; init; }

    public Guid? CancelId { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>Whether the cancel was acknowledged or forced already: then there is nothing to escalate.</summary>
    public bool IsEscalated { get; init; }

    /// <summary>How often the lease was renewed; 0 while no heartbeat has come.</summary>
    public long Renewals { get; init; }

    public DateTimeOffset? RenewedAt { get; init; }

    /// <summary>All of them, of all accounts.</summary>
    public static async Task<IReadOnlyList<WatchedRun>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var runs = new List<WatchedRun>();
        while (await reader.ReadAsync(cancellation))
        {
            runs.Add(Read(reader));
        }

        return runs;
    }

    /// <summary>
    /// Its deadlines. While a cancel is open only those of the cancel count: the lease and the run's own limit are left to them
    /// (docs/domain.md#events).
    /// </summary>
    public IEnumerable<Deadline> Deadlines(DeadlineSettings settings)
    {
        if (CancelRequestedAt is { } requestedAt)
        {
            yield return At(DeadlineKind.Expiry, 0, requestedAt, settings.Expire);
            if (!IsEscalated)
            {
                yield return At(DeadlineKind.Acknowledgement, 0, requestedAt, settings.Acknowledge);
            }

            yield break;
        }

        if ((RenewedAt ?? ClaimedAt) is { } heardOfAt)
        {
            yield return At(DeadlineKind.Lease, Renewals, heardOfAt, TimeSpan.FromSeconds(LeaseSeconds));
        }

        if (State is RunState.Running && StartedAt is { } startedAt && TimeoutSeconds is { } limit)
        {
            yield return At(DeadlineKind.RunLimit, 0, startedAt, TimeSpan.FromSeconds(limit));
        }
    }

    /// <summary>What its session decides about a deadline that has passed; nothing, if it was met meanwhile.</summary>
    public Decision<Session> Decide(DeadlineKind kind, Session session, DateTimeOffset now) => kind switch
    {
        DeadlineKind.Lease => LoseRun.Decide(session, new LoseRun(Run.SequenceId, RunnerId!), now),
        DeadlineKind.RunLimit => TimeOutRun.Decide(session, new TimeOutRun(Run.SequenceId), now),
        DeadlineKind.Acknowledgement => ForceCancel.Decide(session, new ForceCancel(Run.SequenceId, CancelId!.Value), now),
        DeadlineKind.Expiry => ExpireCancel.Decide(session, new ExpireCancel(Run.SequenceId, CancelId!.Value), now),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A deadline without a rule."),
    };

    private Deadline At(DeadlineKind kind, long stamp, DateTimeOffset from, TimeSpan duration) =>
        new(new DeadlineKey(Run, kind), stamp, from + duration, duration);

    private static WatchedRun Read(NpgsqlDataReader row) => new()
    {
        Run = new RunKey(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2)),
        State = Words<RunState>.Read(row.GetString(3)),
        RunnerId = row.GetStringOrNull(4),
        LeaseSeconds = row.GetInt32(5),
        ClaimedAt = row.GetFieldValue<DateTimeOffset?>(6),
        StartedAt = row.GetFieldValue<DateTimeOffset?>(7),
        TimeoutSeconds = row.GetFieldValue<int?>(8),
        CancelId = row.GetFieldValue<Guid?>(9),
        CancelRequestedAt = row.GetFieldValue<DateTimeOffset?>(10),
        IsEscalated = row.GetBoolean(11),
        Renewals = row.GetInt64(12),
        RenewedAt = row.GetFieldValue<DateTimeOffset?>(13),
    };
}
