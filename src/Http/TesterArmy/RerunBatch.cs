namespace Ledger.Http.TesterArmy;

/// <summary>
/// Runs the tests of a batch again, as a new batch with the request of the old one. The old one may still be under way. There is no request
/// body: whatever is sent is left unread.
/// </summary>
public static class RerunBatchEndpoint
{
    [WolverinePost("/v1/batches/{batchId}/rerun"), Authorize(Scopes.Command), Errors(400, 401, 404, 409, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Runs the tests of a batch again, as a new batch.")]
    public static async Task<Accepted<BatchQueuedAgain>> Post(
        string batchId, Caller caller, Batches batches, SessionWriter sessions, HttpContext context, CancellationToken cancellation)
    {
        var sourceId = Inputs.Uuid("batch id", batchId);
        var runIds = await batches.FindAsync(caller, sourceId, cancellation);
        var source = (await sessions.ReadManyAsync(caller, runIds, cancellation)).Select(snapshot => snapshot.Session).ToList();
        if (source.Select(session => TriggerFacts.IdOf(session, TriggerFacts.GroupId)).FirstOrDefault(id => id is not null) is not { } groupId)
        {
            throw Impossible("The batch belongs to no group.");
        }

        var tests = source.Select(session => session.Runs[0].Plan.CheckId).OfType<Guid>().Distinct().ToList();
        var batch = await batches.TriggerAsync(caller, groupId, tests, InputOf(source), RunSource.Api, sourceId, cancellation);
        if (batch.RunIds.Count == 0)
        {
            throw Impossible("No test of the batch can be run.");
        }

        batch.SetPosition(context);
        return TypedResults.Accepted((string?)null, new BatchQueuedAgain(groupId, batch, sourceId));
    }

    /// <summary>All runs of a batch have the same request.</summary>
    private static JsonObject InputOf(IReadOnlyList<Session> source) => TriggerFacts.InputOf(source[0].Metadata) is { } input
        ? (JsonObject)JsonSerializer.SerializeToNode(input)!
        : [];

    private static RequestRejected Impossible(string message) => new(StatusCodes.Status409Conflict, "not-repeatable", message);
}

/// <summary>A batch that repeats another.</summary>
public sealed record BatchQueuedAgain : BatchQueued
{
    public BatchQueuedAgain(Guid groupId, Batch batch, Guid sourceBatchId)
        : base(Of(groupId, batch)) => (SourceBatchId, SkippedTestIds) = (sourceBatchId, batch.NotRunnable);

    public Guid SourceBatchId { get; }

    /// <summary>Tests of the old batch that may not be triggered any more.</summary>
    public IReadOnlyList<Guid> SkippedTestIds { get; init; }
}
