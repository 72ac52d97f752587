using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Dialects.TesterArmy.Groups;

/// <summary>
/// Runs several tests as a batch: one session for each, triggered all together or not at all, that share the batch's id in their metadata.
/// </summary>
public sealed class GroupBatches(CheckRegistry registry, PlainRunSessions runs, TimeProvider clock)
{
    /// <summary>
    /// Triggers a batch of those tests that are runnable: all but the ones whose registered check is deactivated, which are left out
    /// (wire.md 8.2 asks for the runnable ones). With none at all nothing is triggered.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="testIds">What to run, each once.</param>
    /// <param name="input">The request as it was published.</param>
    /// <param name="source">What caused it.</param>
    /// <param name="sourceBatchId">The batch that this one repeats, or null.</param>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<GroupBatch> TriggerAsync(
        HttpContext context, Guid groupId, IReadOnlyList<Guid> testIds, JsonObject input, RunSource source, Guid? sourceBatchId = null)
    {
        var key = context.Key();
        var checks = (await registry.ListAsync(key.AccountId, context.RequestAborted)).ToDictionary(check => check.Id);
        var runnable = testIds.Where(id => checks.GetValueOrDefault(id) is not { Activated: false }).ToList();
        var batchId = Guid.CreateVersion7(clock.GetUtcNow());
        var facts = FactsOf(input, source, batchId, groupId, sourceBatchId);
        JsonElement? published = input.Count == 0 ? null : JsonSerializer.SerializeToElement(input);
        var made = await runs.TriggerAsync(
            context,
            [
                .. runnable.Select(id =>
                    new PlainRunRequest(TriggerTest.NameOf(id, checks.GetValueOrDefault(id)), key.Project, CheckTypes.Playwright)
                    {
                        CheckId = id,
                        Published = published,
                        Metadata = facts,
                    }),
            ]);
        return new GroupBatch(batchId, [.. made.Select(run => run.Session.Id)], [.. testIds.Except(runnable)]);
    }

    /// <summary>What lists filter by, under the names that they know (wire.md 3.6).</summary>
    private static (string Published, string Kept)[] ListedFacts { get; } = [("commitSha", "commitId"), ("environment", "environment")];

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
/// <param name="Id">Its id.</param>
/// <param name="RunIds">Its runs, in the order of the tests; none when nothing was runnable, and then there is no batch.</param>
/// <param name="NotRunnable">The tests that were left out.</param>
public sealed record GroupBatch(Guid Id, IReadOnlyList<Guid> RunIds, IReadOnlyList<Guid> NotRunnable);
