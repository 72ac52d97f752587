using Ledger.Http.Access;
using Ledger.Http.RateLimits;

namespace Ledger.Http.Dialects.TesterArmy.Batches;

/// <summary>Cancels and repeats the batches that groups were run as (wire.md 8.3).</summary>
public static class BatchEndpoints
{
    public static void MapBatches(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/batches/{batchId}/cancel", CancelBatch.HandleAsync).RequireScope(Scope.Command).WithMetadata(RateLimit.Cancel)
            .WithSummary("Cancels the runs of a batch that can be cancelled, and says what became of each.")
            .Produces<BatchCancelled>().Produces<BatchPartlyCancelled>(StatusCodes.Status409Conflict)
            .ProducesErrors(StatusCodes.Status404NotFound);
        routes.MapPost("/batches/{batchId}/rerun", RerunBatch.HandleAsync).RequireScope(Scope.Command)
            .WithSummary("Runs the tests of a batch again, as a new batch.")
            .Produces<BatchQueuedAgain>(StatusCodes.Status202Accepted)
            .ProducesErrors(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict);
    }
}
