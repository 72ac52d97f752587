using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.TesterArmy.Cancels;

/// <summary>
/// Cancels runs by this dialect's rule (domain.md rule 1, wire.md 8.1): only queued ones, unless <c>Ledger:TesterArmy:CancelRunning</c>
/// allows running ones too. Decided in the run's stream, so that a run that is claimed at the same instant is either cancelled or refused,
/// never both.
/// </summary>
public sealed class RunCancels(SessionStreams sessions, CancelPolicy policy, LedgerSettings settings, TimeProvider clock)
{
    private readonly CancelPolicy ownPolicy = policy with { OnlyQueued = !settings.TesterArmy.CancelRunning };

    /// <summary>Cancels a run. One that is being stopped already is answered as if this request had done it.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<Executed<CancelAnswer>> CancelAsync(StreamId stream, Actor actor, EventContext context, CancellationToken cancellation) =>
        ExecuteAsync(stream, actor, context, static (_, _) => false, cancellation);

    /// <summary>
    /// The same for a request about this run alone, which knows one state only where running ones are not cancelled: not queued is
    /// refused, though another dialect's cancel may be stopping it.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<Executed<CancelAnswer>> CancelOneAsync(
        StreamId stream, Actor actor, EventContext context, CancellationToken cancellation) =>
        ExecuteAsync(stream, actor, context, static (run, policy) => policy.OnlyQueued && run.IsCancelling, cancellation);

    private Task<Executed<CancelAnswer>> ExecuteAsync(
        StreamId stream, Actor actor, EventContext context, Func<Run, CancelPolicy, bool> refuses, CancellationToken cancellation)
    {
        var command = new RequestCancel(
            Guid.CreateVersion7(clock.GetUtcNow()),
            actor,
            CancelVia.TesterArmy,
            CancelCause.User,
            Reason: null,
            Force: false,
            SequenceIds: null);
        return sessions.ExecuteAsync(stream, Decide, context, cancellation: cancellation);

        Decision<CancelAnswer> Decide(Session session, DateTimeOffset now)
        {
            if (session.Kind is not SessionKind.Run)
            {
                return Decision<CancelAnswer>.Refuse(new Refusal(RefusalKind.UnknownSession, "A session of another kind."));
            }

            return refuses(session.Runs[0], ownPolicy)
                ? Decision<CancelAnswer>.Refuse(new Refusal(RefusalKind.NothingToCancel, "The run is being stopped already."))
                : RequestCancel.Decide(session, command, ownPolicy, now);
        }
    }
}
