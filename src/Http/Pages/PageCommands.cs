using Ledger.Http.AlertChannels;
using Ledger.Web.Settings;
using Wolverine.Runtime;

namespace Ledger.Http.Pages;

/// <summary>What pages have the host do: the use cases of the HTTP interface, whose refusals pages show as sentences.</summary>
public sealed class PageCommands(
    IDocumentStore store, ApiKeys keys, EventLog log, Deliveries deliveries, IWolverineRuntime messages, WebhookSettings webhooks, SecretCipher cipher, TimeProvider clock) : IAccountCommands
{
    /// <inheritdoc/>
    public Task<string> MakeKeyAsync(Caller caller, IReadOnlyList<Scope> held, KeyToMake key, CancellationToken cancellation) => RunAsync(async () =>
        (await MakeKeyEndpoint.MakeAsync(new NewKey(key.Name, key.Scopes, key.Owner, key.Project, key.ExpiresAt), caller, held, keys, clock, cancellation)).ApiKey);

    /// <inheritdoc/>
    public Task RevokeKeyAsync(Caller caller, Guid keyId, CancellationToken cancellation) =>
        RunAsync(() => RevokeKeyEndpoint.Delete(keyId.ToString(), caller, keys, cancellation));

    /// <inheritdoc/>
    public Task<string?> PutChannelAsync(Caller caller, string name, string url, IReadOnlyList<string> events, CancellationToken cancellation) =>
        RunAsync(caller, async documents =>
        {
            var made = await PutAlertChannelEndpoint.PutAsync(name, new AlertChannelRequest(url, events), caller, documents, log, webhooks, cipher, clock, cancellation);
            return made.IsNew ? made.Secret : null;
        });

    /// <inheritdoc/>
    public Task<string> RotateSecretAsync(Caller caller, string channel, CancellationToken cancellation) => RunAsync(caller, async documents =>
        (await RotateSecretEndpoint.Post(channel, null, caller, documents, cipher, clock, cancellation)).Secret);

    /// <inheritdoc/>
    public Task TestChannelAsync(Caller caller, string channel, CancellationToken cancellation) =>
        RunAsync(caller, documents => TestAlertChannelEndpoint.Post(channel, caller, documents, deliveries, messages, clock, cancellation));

    /// <inheritdoc/>
    public Task EnableChannelAsync(Caller caller, string channel, CancellationToken cancellation) =>
        RunAsync(caller, documents => EnableAlertChannelEndpoint.Post(channel, caller, documents, log, clock, cancellation));

    /// <inheritdoc/>
    public Task DisableChannelAsync(Caller caller, string channel, CancellationToken cancellation) =>
        RunAsync(caller, documents => DisableAlertChannelEndpoint.Post(channel, caller, documents, clock, cancellation));

    private Task<T> RunAsync<T>(Caller caller, Func<IDocumentSession, Task<T>> work) => RunAsync(async () =>
    {
        await using var documents = store.LightweightSession(caller.AccountId.ToString());
        return await work(documents);
    });

    private static Task RunAsync(Func<Task> work) => RunAsync(async () =>
    {
        await work();
        return true;
    });

    private static async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await Database.RunAsync(work);
        }
        catch (RequestRejected refused)
        {
            throw new RefusedException(refused.Message);
        }
    }
}
