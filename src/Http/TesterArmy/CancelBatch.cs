namespace Ledger.Http.TesterArmy;

/// <summary>
/// Cancels the runs of a batch, each on its own stream. One that is being stopped already is answered as if this request had done it. It
/// goes on when the client disconnects; after an outage the request can be repeated, for asking twice is asking once. There is no request
/// body: whatever is sent is left unread.
/// </summary>
public static class CancelBatchEndpoint
{
    private const int AtOnce = 64;

    [WolverinePost("/v1/batches/{batchId}/cancel"), Authorize(Scopes.Command), RateLimit("cancel"), Errors(400, 401, 404, 429, 500, 504)]
    [EndpointSummary("Cancels the runs of a batch that can be cancelled, and says what became of each."), Tags("TesterArmy")]
    [ProducesResponseType<BatchCancelled>(StatusCodes.Status200OK)]
    [ProducesResponseType<BatchPartlyCancelled>(StatusCodes.Status409Conflict)]
    public static async Task<IResult> Post(
        string batchId,
        Caller caller,
        Batches batches,
        PlainRunSessions runs,
        LedgerSettings settings,
        HttpContext context,
        CancellationToken cancellation)
    {
        var id = Inputs.Uuid("batch id", batchId);
        var runIds = await batches.FindAsync(caller, id, cancellation);
        var rule = RuleOf(settings);
        var executed = new Executed<CancelAnswer>[runIds.Count];
        await Parallel.ForAsync(0, runIds.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (at, _) =>
            executed[at] = await runs.CancelAsync(caller, runIds[at], rule, CancellationToken.None));
        var outcomes = runIds.Zip(executed).ToLookup(run => OutcomeOf(run.Second), run => run.First);
        var (cancelled, finished, failed) =
            (outcomes[Outcome.Cancelled].ToList(), outcomes[Outcome.Finished].ToList(), outcomes[Outcome.Failed].ToList());
        context.SetPosition(executed.Max(run => run.Snapshot!.LastPosition));
        return failed.Count == 0
            ? TypedResults.Ok(new BatchCancelled(id, cancelled.Count, finished.Count, cancelled, finished))
            : TypedResults.Conflict(new BatchPartlyCancelled(
                TesterArmyEnvelope.Conflict, Describe(failed.Count), id, cancelled.Count, finished.Count, cancelled, finished, failed));
    }

    /// <summary>
    /// What this dialect cancels: only queued runs, unless <c>Ledger:TesterArmy:CancelRunning</c> allows running ones too. Decided in the run's
    /// stream, so that a run that is claimed at the same instant is either cancelled or refused, never both.
    /// </summary>
    internal static PlainRunCancel RuleOf(LedgerSettings settings) => new(CancelVia.TesterArmy, OnlyQueued: !settings.TesterArmy.CancelRunning);

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
