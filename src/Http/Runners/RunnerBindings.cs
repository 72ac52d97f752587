using System.Collections.Concurrent;

namespace Ledger.Http.Runners;

/// <summary>Which key acts as a runner (docs/http.md#runners).</summary>
/// <param name="KeyId">The key that first claimed, or listened for signals, as this runner.</param>
public sealed record RunnerBinding(string Name, Guid KeyId, DateTimeOffset BoundAt);

/// <summary>The runners of an account: two accounts may have one of the same id. Of two keys that come first at once, one is refused.</summary>
public sealed class RunnerBindingDocuments : MartenRegistry
{
    public RunnerBindingDocuments() =>
        For<RunnerBinding>().MultiTenanted().Identity(binding => binding.Name).UseOptimisticConcurrency(enabled: true);
}

/// <summary>
/// Binds a runner's id to the key that claims with it: who holds any other key of the account cannot act as that runner. A key may have many
/// runners. The id of a key that is revoked or has expired is free for the next one, so that a runner can be given another key.
/// </summary>
public sealed class RunnerBindings(IDocumentStore store, TimeProvider clock)
{
    private const int MaximumKnown = 20_000;

    // What was once seen stays true while it matters: a binding ends only with its key, and who has no valid key does not come this far.
    private readonly ConcurrentDictionary<RunnerId, Guid> known = new();

    /// <summary>Binds the runner to the key, if it is not yet.</summary>
    /// <exception cref="RequestRejected">403 when it is another key's.</exception>
    public Task BindAsync(ApiKey key, string runner, CancellationToken cancellation) => AdmitAsync(key, runner, binds: true, cancellation);

    /// <summary>Lets the key through if the runner is its own, or nobody's: who is no runner yet holds no run.</summary>
    /// <exception cref="RequestRejected">403 when it is another key's.</exception>
    public Task RequireAsync(ApiKey key, string runner, CancellationToken cancellation) => AdmitAsync(key, runner, binds: false, cancellation);

    private Task AdmitAsync(ApiKey key, string runner, bool binds, CancellationToken cancellation)
    {
        var id = new RunnerId(key.AccountId, runner);
        return known.TryGetValue(id, out var bound) && bound == key.Id
            ? Task.CompletedTask
            : DecideAsync(id, key, binds, cancellation);
    }

    private async Task DecideAsync(RunnerId id, ApiKey key, bool binds, CancellationToken cancellation)
    {
        await using var documents = store.LightweightSession(id.AccountId.ToString());
        var isBound = await documents.AgainAfterConflictAsync(async () =>
        {
            var there = await documents.LoadAsync<RunnerBinding>(id.Name, cancellation);
            if (there?.KeyId == key.Id)
            {
                return true;
            }

            if (there is not null && await documents.LoadAsync<ApiKey>(there.KeyId, cancellation) is { } owner && owner.IsValid(clock.GetUtcNow()))
            {
                throw RequestRejected.Forbidden($"The runner '{id.Name}' is bound to another key: use that key, or another runner id.");
            }

            if (binds)
            {
                var binding = new RunnerBinding(id.Name, key.Id, clock.GetUtcNow());
                if (there is null)
                {
                    documents.Insert(binding);
                }
                else
                {
                    documents.Store(binding);
                }

                await documents.SaveChangesAsync(cancellation);
            }

            return binds;
        });
        if (isBound)
        {
            if (known.Count >= MaximumKnown)
            {
                known.Clear();
            }

            known[id] = key.Id;
        }
    }
}
