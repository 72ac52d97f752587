using System.Text;
using Ledger.Http.Access;
using Ledger.Http.Mqtt;
using Ledger.Http.Mqtt.Packets;
using Ledger.Store;

namespace Ledger.Http.Dialects.Checkly.Live;

/// <summary>Lets clients in: the user name is the account's id, the password a key with the scope <c>read</c> or <c>command</c> (wire.md 4.4).</summary>
public sealed class ChecklyMqtt(ApiKeys keys, Suites suites) : IMqttApplication
{
    public async Task<Admission> AdmitAsync(string? userName, byte[]? password, CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(userName, "D", out var accountId) || password is not { Length: > 0 and <= ApiKeyHandler.LongestSecret })
        {
            return Admission.Refused(ConnectCode.NotAuthorized);
        }

        try
        {
            var secret = Encoding.UTF8.GetString(password);
            return ChecklyClient.IsAllowed(await keys.FindAsync(secret, cancellation), accountId)
                ? Admission.Of(new ChecklyClient(accountId, secret, keys, suites))
                : Admission.Refused(ConnectCode.NotAuthorized);
        }
        catch (StoreUnavailableException)
        {
            return Admission.Refused(ConnectCode.ServerUnavailable);
        }
    }
}
