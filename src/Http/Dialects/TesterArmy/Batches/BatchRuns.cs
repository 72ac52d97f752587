using Ledger.Http.Access;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Dialects.TesterArmy.Batches;

/// <summary>Finds the runs of a batch: the sessions of kind <c>run</c> whose metadata names it.</summary>
public sealed class BatchRuns(SessionListReader list, Freshness freshness)
{
    /// <summary>The batch of an id in the path.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid.</exception>
    public static Guid IdOf(string batchId) => Inputs.Uuid("batch id", batchId);

    /// <summary>The runs of a batch in the order in which they were triggered.</summary>
    /// <exception cref="RequestRejected">404 when the account has no such batch.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<StreamId>> FindAsync(HttpContext context, Guid batchId)
    {
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, context.RequestAborted);
        var query = new SessionListQuery(context.Key().AccountId)
        {
            Kind = SessionKind.Run,
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [TriggerFacts.BatchId] = batchId.ToString() },
            Limit = SessionListQuery.MaximumLimit,
        };
        var found = new List<ListedSession>();
        SessionListPage page;
        do
        {
            page = await Database.RunAsync(() => list.ReadAsync(query, context.RequestAborted));
            found.AddRange(page.Sessions);
            query = query with { BeforeNumber = found.LastOrDefault().Number };
        }
        while (page.NextCursor is not null);

        found.Reverse();
        return found.Count > 0
            ? [.. found.Select(session => new StreamId(query.AccountId, session.SessionId))]
            : throw RequestRejected.NotFound("Batch not found.");
    }
}
