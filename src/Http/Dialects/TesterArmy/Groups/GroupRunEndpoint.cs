using Ledger.Http.Access;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Errors;
using Ledger.Http.Groups;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.TesterArmy.Groups;

/// <summary>Runs a group as a batch (wire.md 8.2).</summary>
public static class GroupRunEndpoint
{
    public static void MapGroupRuns(this IEndpointRouteBuilder routes) => routes
        .MapPost("/groups/{groupId}/runs", TriggerAsync)
        .RequireScope(Scope.Command)
        .WithSummary("Runs the runnable tests of a group, as a batch.")
        .Reads<GroupRunRequest>(required: false)
        .Produces<BatchQueued>(StatusCodes.Status202Accepted)
        .ProducesErrors(StatusCodes.Status404NotFound);

    private static async Task<IResult> TriggerAsync(HttpContext context, string groupId, GroupRegistry registry, GroupBatches batches)
    {
        var id = Inputs.Uuid("group id", groupId);
        var request = await Body.ReadJsonAsync<GroupRunRequest>(context.Request, TesterArmyJson.Options) ?? new GroupRunRequest();
        request.Validate();
        var group = await registry.FindAsync(context.Key().AccountId, id, context.RequestAborted)
            ?? throw RequestRejected.NotFound("Group not found.");
        var batch = await batches.TriggerAsync(context, id, group.CheckIds, TesterArmyJson.Published(request), RunSource.Api);
        return TesterArmyJson.Answer(
            new BatchQueued(
                batch.RunIds.Count == 0 ? TesterArmyRunStatus.Cancelled : TesterArmyRunStatus.Queued,
                id,
                batch.Id,
                batch.RunIds,
                batch.RunIds,
                [],
                batch.RunIds.Count),
            StatusCodes.Status202Accepted);
    }
}

/// <summary>A batch that was just triggered.</summary>
/// <param name="Status"><c>queued</c>; <c>cancelled</c> when the group has no runnable test, and then nothing was triggered.</param>
/// <param name="RunIds">All of its runs.</param>
/// <param name="QueuedRunIds">The same: the ledger refuses no run of a batch.</param>
/// <param name="CancelledRunIds">None, therefore.</param>
public sealed record BatchQueued(
    TesterArmyRunStatus Status,
    Guid GroupId,
    Guid BatchId,
    IReadOnlyList<Guid> RunIds,
    IReadOnlyList<Guid> QueuedRunIds,
    IReadOnlyList<Guid> CancelledRunIds,
    int Count);
