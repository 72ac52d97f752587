using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Dialects.TesterArmy.Groups;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Errors;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.TesterArmy.Batches;

/// <summary>
/// Runs the tests of a batch again, as a new batch with the request of the old one (wire.md 8.3). The old one may still be under way.
/// There is no request body: whatever is sent is left unread.
/// </summary>
public static class RerunBatch
{
    public static async Task<IResult> HandleAsync(
        HttpContext context, string batchId, BatchRuns batches, SessionStreams sessions, GroupBatches groups)
    {
        var sourceId = BatchRuns.IdOf(batchId);
        var streams = await batches.FindAsync(context, sourceId);
        var source = (await sessions.ReadManyAsync(streams, context.RequestAborted)).Select(snapshot => snapshot.Session).ToList();
        if (source.Select(session => TriggerFacts.IdOf(session, TriggerFacts.GroupId)).FirstOrDefault(id => id is not null) is not { } groupId)
        {
            throw Impossible("The batch belongs to no group.");
        }

        var tests = source.Select(session => session.Runs[0].Plan.CheckId).OfType<Guid>().Distinct().ToList();
        var batch = await groups.TriggerAsync(context, groupId, tests, InputOf(source), RunSource.Api, sourceId);
        return batch.RunIds.Count == 0
            ? throw Impossible("No test of the batch can be run.")
            : TesterArmyJson.Answer(
                new BatchQueuedAgain(
                    TesterArmyRunStatus.Queued,
                    groupId,
                    batch.Id,
                    sourceId,
                    batch.RunIds,
                    batch.RunIds,
                    [],
                    batch.NotRunnable,
                    batch.RunIds.Count),
                StatusCodes.Status202Accepted);
    }

    /// <summary>All runs of a batch have the same request.</summary>
    private static JsonObject InputOf(IReadOnlyList<Session> source) => TriggerFacts.InputOf(source[0]) is { } input
        ? (JsonObject)JsonSerializer.SerializeToNode(input)!
        : [];

    private static RequestRejected Impossible(string message) => new(StatusCodes.Status409Conflict, "not-repeatable", message);
}

/// <summary>A batch that repeats another.</summary>
/// <param name="RunIds">All of its runs.</param>
/// <param name="QueuedRunIds">The same: the ledger refuses no run of a batch.</param>
/// <param name="CancelledRunIds">None, therefore.</param>
/// <param name="SkippedTestIds">Tests of the old batch that may not be triggered any more.</param>
public sealed record BatchQueuedAgain(
    TesterArmyRunStatus Status,
    Guid GroupId,
    Guid BatchId,
    Guid SourceBatchId,
    IReadOnlyList<Guid> RunIds,
    IReadOnlyList<Guid> QueuedRunIds,
    IReadOnlyList<Guid> CancelledRunIds,
    IReadOnlyList<Guid> SkippedTestIds,
    int Count);
