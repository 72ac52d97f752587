namespace Ledger.Http.Access;

/// <summary>Revokes a key. The answer comes when no host accepts the key any more.</summary>
public static class RevokeKeyEndpoint
{
    [WolverineDelete("/ledger/keys/{keyId}"), Authorize(Scopes.Admin), Tags("Keys")]
    [EndpointSummary("Revokes a key at once.")]
    public static async Task Delete(string keyId, Caller caller, ApiKeys keys, CancellationToken cancellation)
    {
        if (!await keys.RevokeAsync(caller.AccountId, caller.Project, Inputs.Uuid("key id", keyId), cancellation))
        {
            throw RequestRejected.NotFound("There is no such key.");
        }
    }
}
