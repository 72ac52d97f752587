using Ledger.Http.Access;
using Ledger.Http.Dialects.TesterArmy.Cancels;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.TesterArmy.Batches;

/// <summary>
/// Cancels the runs of a batch, each on its own stream (wire.md 8.3). It goes on when the caller has gone; after an outage the request can
/// be repeated, for asking twice is asking once. There is no request body: whatever is sent is left unread.
/// </summary>
public static class CancelBatch
{
    private const int AtOnce = 64;

    public static async Task<IResult> HandleAsync(HttpContext context, string batchId, BatchRuns batches, RunCancels cancels)
    {
        var id = BatchRuns.IdOf(batchId);
        var streams = await batches.FindAsync(context, id);
        var actor = context.Key().Actor;
        var events = context.EventContext();
        var executed = new Executed<CancelAnswer>[streams.Count];
        await Parallel.ForAsync(0, streams.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (at, _) =>
            executed[at] = await cancels.CancelAsync(streams[at], actor, events, CancellationToken.None));
        var outcomes = streams.Zip(executed).ToLookup(run => OutcomeOf(run.Second), run => run.First.SessionId);
        var (cancelled, finished, failed) =
            (outcomes[Outcome.Cancelled].ToList(), outcomes[Outcome.Finished].ToList(), outcomes[Outcome.Failed].ToList());
        context.SetPosition(executed.Max(run => run.Snapshot!.LastPosition));
        return failed.Count == 0
            ? TesterArmyJson.Answer(new BatchCancelled(id, cancelled.Count, finished.Count, cancelled, finished))
            : TesterArmyJson.Answer(
                new BatchPartlyCancelled(
                    TesterArmyEnvelope.Conflict, Describe(failed.Count), id, cancelled.Count, finished.Count, cancelled, finished, failed),
                StatusCodes.Status409Conflict);
    }

    private static Outcome OutcomeOf(Executed<CancelAnswer> run) => run switch
    {
        { Decision.Refusal: null } => Outcome.Cancelled,
        { Decision.Refusal.Kind: RefusalKind.NothingToCancel, Snapshot.Session.IsOpen: false } => Outcome.Finished,
        { Decision.Refusal.Kind: RefusalKind.NothingToCancel } => Outcome.Failed,
        { Decision.Refusal: var refusal } => throw refusal.ToRejection(),
    };

    private static string Describe(int failed) => failed == 1 ? "1 run could not be cancelled." : $"{failed} runs could not be cancelled.";

    private enum Outcome
    {
        /// <summary>By this request, or by another that is under way.</summary>
        Cancelled,

        /// <summary>It was settled before, in whichever way.</summary>
        Finished,

        /// <summary>It goes on.</summary>
        Failed,
    }
}

/// <summary>What became of a batch.</summary>
public sealed record BatchCancelled(
    Guid BatchId, int Cancelled, int AlreadyFinished, IReadOnlyList<Guid> CancelledRunIds, IReadOnlyList<Guid> AlreadyFinishedRunIds);

/// <summary>What became of a batch of which something goes on.</summary>
public sealed record BatchPartlyCancelled(
    string Error,
    string Message,
    Guid BatchId,
    int Cancelled,
    int AlreadyFinished,
    IReadOnlyList<Guid> CancelledRunIds,
    IReadOnlyList<Guid> AlreadyFinishedRunIds,
    IReadOnlyList<Guid> FailedRunIds);
