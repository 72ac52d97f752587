namespace Ledger.Http.Empirical;

/// <summary>
/// Cancels a test run. A queued one is cancelled by the request itself, a started one is <c>cancelling</c> until it has stopped; asking
/// again meanwhile is 200 and keeps the first reason. What has ended is 412, and only what the stream itself says counts.
/// </summary>
public static class CancelTestRunEndpoint
{
    [WolverinePost("/api/test-runs/{id}/cancel"), Authorize(Scopes.Command), RateLimit("cancel"), Tags("Empirical"), ProjectHeader]
    [EndpointSummary("Cancels a test run that has not ended.")]
    [Errors(400, 401, 403, 404, 429), ProducesResponseType<EmpiricalMessage>(StatusCodes.Status412PreconditionFailed)]
    public static async Task<EmpiricalMessage> Post(
        string id, [FromBody] TestRunCancel? asked, Caller caller, PlainRunSessions runs, HttpContext context, CancellationToken cancellation)
    {
        TestRuns.Number(id);
        var reason = Inputs.Reason(asked?.Reason);
        var run = await runs.FindAsync(caller, context.Request, id);
        var cancel = new PlainRunCancel(CancelVia.Empirical, reason);
        var executed = await runs.CancelAsync(caller, run.Session.Id, cancel, cancellation);
        context.SetPosition(executed.Snapshot!.LastPosition);
        return executed.Decision.Refusal switch
        {
            null => new EmpiricalMessage($"Test run {run.FirstPosition} is being cancelled."),
            { Kind: RefusalKind.NothingToCancel } => throw NotCancellable(run.FirstPosition, executed.Snapshot.Session),
            var refusal => throw refusal.ToRejection(),
        };
    }

    private static RequestRejected NotCancellable(long number, Session session) => new(
        StatusCodes.Status412PreconditionFailed,
        "nothing-to-cancel",
        TestRunStates.Of(session) switch
        {
            TestRunState.Ended => $"Test run {number} has already ended and cannot be cancelled.",
            TestRunState.Error => $"Test run {number} has already ended with an error and cannot be cancelled.",
            TestRunState.Cancelled => $"Test run {number} has already been cancelled.",
            _ => $"Test run {number} was started by a schedule and cannot be cancelled.",
        });
}

/// <summary>The body of a cancel. It may be missing altogether.</summary>
/// <param name="Reason">Why, in words; null is the same as absent.</param>
public sealed record TestRunCancel(string? Reason = null);
