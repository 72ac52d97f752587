namespace Ledger.Http.Cancels;

/// <summary>
/// Cancels many sessions at once. The list is brought up to date first, so that every session that was triggered before the request is
/// found; each is then decided on its own stream like any other cancel. It goes on when the caller has gone; after an outage the request can
/// be repeated, for asking twice is asking once.
/// </summary>
public static class CancelSessionsEndpoint
{
    private const string NothingToCancel = "nothing-to-cancel";
    private const int AtOnce = 64;

    [WolverinePost("/ledger/cancels"), Authorize(Scopes.Command), RateLimit("cancel"), Tags("Cancel")]
    [EndpointSummary("Asks to cancel all open sessions that a filter lets through, newest first, at most limit.")]
    [ProducesResponseType<BulkCancelAnswer>(StatusCodes.Status207MultiStatus)]
    public static async Task<JsonHttpResult<BulkCancelAnswer>> Post(
        [FromBody] BulkCancelRequest request,
        Caller caller,
        SessionListReader list,
        Freshness freshness,
        SessionWriter sessions,
        CancelPolicy policy,
        TimeProvider clock,
        HttpContext context)
    {
        var query = request.ToQuery(caller);
        await freshness.WaitAsync(SessionListReader.ProjectionName, context.Request);
        var page = await list.FindAsync(query, context.RequestAborted);
        Guid[] ids = [.. page.Sessions.Select(listed => listed.SessionId)];
        var items = request.DryRun ? await TryAsync() : await CancelAsync();
        var cancelled = items.Count(item => item.Outcome is BulkOutcome.Cancelled);
        return TypedResults.Json(
            new BulkCancelAnswer(cancelled, items.Length - cancelled, items), Json.Options, statusCode: StatusCodes.Status207MultiStatus);

        async Task<BulkCancelItem[]> TryAsync()
        {
            var found = await sessions.ReadManyAsync(caller, ids, context.RequestAborted);
            var now = clock.GetUtcNow();
            return [.. found.Select(snapshot => Item(snapshot.Session.Id, Decide(snapshot.Session, now)))];
        }

        async Task<BulkCancelItem[]> CancelAsync()
        {
            var decided = new BulkCancelItem[ids.Length];
            await Parallel.ForAsync(0, ids.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (at, _) =>
            {
                var executed = await sessions.ExecuteAsync(caller, ids[at], Decide, cancellation: CancellationToken.None);
                decided[at] = Item(ids[at], executed.Decision);
            });
            return decided;
        }

        Decision<CancelAnswer> Decide(Session session, DateTimeOffset now) => RequestCancel.Decide(
            session,
            new RequestCancel(
                Guid.CreateVersion7(now),
                caller.Actor,
                CancelVia.Ledger,
                request.Cause,
                request.Reason,
                Force: false,
                request.Filter.CheckId is { } checkId ? RunsOf(session, checkId) : null),
            policy,
            now);
    }

    private static IReadOnlyCollection<Guid> RunsOf(Session session, Guid checkId) =>
        [.. session.Runs.Where(run => run.Plan.CheckId == checkId).Select(run => run.SequenceId)];

    private static BulkCancelItem Item(Guid sessionId, Decision<CancelAnswer> decision) => decision.Answer is { } answer
        ? new BulkCancelItem(sessionId, BulkOutcome.Cancelled, answer.CancelId, null)
        : new BulkCancelItem(sessionId, BulkOutcome.Skipped, null, NothingToCancel);
}

/// <summary>A cancel of all open sessions that a filter lets through.</summary>
/// <param name="Filter">Which sessions; a filter without members is every open one of the account.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="DryRun">Whether only to say what would happen.</param>
/// <param name="Limit">How many sessions at most, newest first.</param>
public sealed record BulkCancelRequest(
    CancelFilter Filter, string Reason, CancelCause Cause = CancelCause.User, bool DryRun = false, int Limit = 100)
{
    private const int MaximumLimit = 1_000;

    /// <summary>The sessions to look at.</summary>
    public SessionListQuery ToQuery(Caller caller)
    {
        Inputs.Reason(Reason);
        Inputs.OptionalName("filter.project", Filter.Project);
        Inputs.OptionalName("filter.branch", Filter.Branch);
        if (string.IsNullOrWhiteSpace(Reason))
        {
            throw RequestRejected.BadRequest("'reason' must say why.");
        }

        if (Limit is < 1 or > MaximumLimit)
        {
            throw RequestRejected.BadRequest($"'limit' must be from 1 to {MaximumLimit}.");
        }

        CancelRequest.RejectOwnCause(Cause);
        return new SessionListQuery(caller.AccountId)
        {
            OnlyOpen = true,
            Kind = Filter.Kind,
            Statuses = Filter.Status is { } status ? [status] : [],
            Project = caller.Within(Filter.Project),
            CheckId = Filter.CheckId,
            Branches = Filter.Branch is { } branch ? [branch] : [],
            To = Filter.StartedBefore,
            Limit = Limit,
        };
    }
}

/// <summary>Which open sessions to cancel. What is absent lets all through.</summary>
/// <param name="CheckId">Only sessions with this check, and of those only the runs of this check.</param>
/// <param name="StartedBefore">Only sessions that were triggered before this time.</param>
public sealed record CancelFilter(
    SessionKind? Kind = null,
    SessionStatus? Status = null,
    string? Project = null,
    Guid? CheckId = null,
    string? Branch = null,
    DateTimeOffset? StartedBefore = null);

/// <summary>What became of a bulk cancel: 207, for each session has an outcome of its own.</summary>
/// <param name="Cancelled">How many sessions are being cancelled, by this request or already.</param>
/// <param name="Skipped">How many were left alone.</param>
/// <param name="Items">Each session, newest first.</param>
public sealed record BulkCancelAnswer(int Cancelled, int Skipped, IReadOnlyList<BulkCancelItem> Items);

/// <summary>One session of a bulk cancel.</summary>
/// <param name="CancelId">The cancel, when it is being cancelled.</param>
/// <param name="Why">Why it was left alone.</param>
public sealed record BulkCancelItem(Guid SessionId, BulkOutcome Outcome, Guid? CancelId, string? Why);

public enum BulkOutcome
{
    Cancelled,

    /// <summary>Nothing of it can be cancelled.</summary>
    Skipped,
}
