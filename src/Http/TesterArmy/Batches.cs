namespace Ledger.Http.TesterArmy;

/// <summary>
/// Several tests that were triggered together: one session of kind <c>run</c> for each, all of them or none, that share the batch's id in
/// their metadata.
/// </summary>
public sealed class Batches(
    SessionListReader list, Freshness freshness, IDocumentStore store, PlainRunSessions runs, TimeProvider clock)
{
    /// <summary>What lists filter by, under the names that they know.</summary>
    private static readonly (string Published, string Kept)[] ListedFacts = [("commitSha", "commitId"), ("environment", "environment")];

    /// <summary>The sessions of a batch in the order in which they were triggered.</summary>
    /// <exception cref="RequestRejected">404 when the caller sees no such batch.</exception>
    public async Task<IReadOnlyList<Guid>> FindAsync(Caller caller, Guid batchId, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var query = new SessionListQuery(caller.AccountId)
        {
            Kind = SessionKind.Run,
            Project = caller.Project,
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [TriggerFacts.BatchId] = batchId.ToString() },
            Limit = SessionListQuery.MaximumLimit,
        };
        var found = new List<FoundSession>();
        SessionListPage<FoundSession> page;
        do
        {
            page = await list.FindAsync(query, cancellation);
            found.AddRange(page.Sessions);
            query = query with { BeforeNumber = found.LastOrDefault().Number };
        }
        while (page.NextCursor is not null);

        found.Reverse();
        return found.Count > 0
            ? [.. found.Select(session => session.SessionId)]
            : throw RequestRejected.NotFound("Batch not found.");
    }

    /// <summary>
    /// Triggers a batch of those tests that are runnable: all but the ones whose registered check is deactivated, which are left out. With
    /// none at all nothing is triggered.
    /// </summary>
    public async Task<Batch> TriggerAsync(
        Caller caller,
        Guid groupId,
        IReadOnlyList<Guid> testIds,
        JsonObject input,
        RunSource source,
        Guid? sourceBatchId,
        CancellationToken cancellation)
    {
        await using var documents = store.QuerySession(caller.AccountId.ToString());
        var checks = (await documents.WholeChecksAsync(testIds.Distinct(), cancellation)).ToDictionary(check => check.Id);
        var runnable = testIds.Where(id => checks.GetValueOrDefault(id) is not { Activated: false }).ToList();
        var batchId = Guid.CreateVersion7(clock.GetUtcNow());
        var facts = FactsOf(input, source, batchId, groupId, sourceBatchId);
        JsonElement? published = input.Count == 0 ? null : JsonSerializer.SerializeToElement(input);
        var made = await runs.TriggerAsync(
            caller,
            [
                .. runnable.Select(id =>
                    new PlainRunRequest(TriggerTestEndpoint.NameOf(id, checks.GetValueOrDefault(id)), caller.Project, CheckTypes.Playwright)
                    {
                        CheckId = id,
                        Published = published,
                        Metadata = facts,
                    }),
            ],
            cancellation);
        return new Batch(
            batchId, [.. made.Select(run => run.Session.Id)], [.. testIds.Except(runnable)], made.LastOrDefault()?.LastPosition);
    }

    private static JsonObject FactsOf(JsonObject input, RunSource source, Guid batchId, Guid groupId, Guid? sourceBatchId)
    {
        var facts = TriggerFacts.Of(input, source);
        facts[TriggerFacts.BatchId] = batchId.ToString();
        facts[TriggerFacts.GroupId] = groupId.ToString();
        foreach (var (published, kept) in ListedFacts)
        {
            if (input[published] is { } value)
            {
                facts[kept] = value.DeepClone();
            }
        }

        if (sourceBatchId is { } repeated)
        {
            facts[TriggerFacts.SourceBatchId] = repeated.ToString();
        }

        return facts;
    }
}

/// <summary>A batch that was just triggered.</summary>
/// <param name="RunIds">Its runs, in the order of the tests; none when nothing was runnable, and then there is no batch.</param>
/// <param name="NotRunnable">The tests that were left out.</param>
/// <param name="Position">The position of the last event; null when there is no batch.</param>
public sealed record Batch(Guid Id, IReadOnlyList<Guid> RunIds, IReadOnlyList<Guid> NotRunnable, long? Position)
{
    /// <summary>Tells the caller up to where the log must have been read to see it.</summary>
    public void SetPosition(HttpContext context)
    {
        if (Position is { } position)
        {
            context.SetPosition(position);
        }
    }
}
