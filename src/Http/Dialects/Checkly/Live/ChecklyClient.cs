using Ledger.Http.Access;
using Ledger.Http.Mqtt;
using Ledger.Http.Mqtt.Connections;
using Ledger.Http.Mqtt.Topics;
using Ledger.Store;

namespace Ledger.Http.Dialects.Checkly.Live;

/// <summary>A client that was let in with a key: it may subscribe to suites of the key's account, and to nothing else.</summary>
public sealed class ChecklyClient(Guid accountId, string secret, ApiKeys keys, Suites suites) : IMqttClient
{
    public string Realm { get; } = accountId.ToString();

    /// <summary>Whether a key opens live results of this account.</summary>
    public static bool IsAllowed(ApiKey? key, Guid accountId) =>
        key is not null && key.AccountId == accountId && (key.Has(Scope.Read) || key.Has(Scope.Command));

    /// <summary>Whether the key is still there. In an outage of the database nobody can have revoked it.</summary>
    public async Task<bool> IsWelcomeAsync(CancellationToken cancellation)
    {
        try
        {
            return IsAllowed(await keys.FindAsync(secret, cancellation), accountId);
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    public Func<Outbox, IDisposable>? Grant(TopicFilter filter) => ResultTopic.Read(filter, accountId) is { } asked
        ? outbox => suites.Subscribe(asked.Suite, asked.Filter, outbox)
        : null;
}
