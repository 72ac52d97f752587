using Ledger.Sessions;
using Wolverine.Http;
using Wolverine.Marten;

namespace Ledger.PlainHost;

public static class CancelEndpoint
{
    [WolverinePost("/sessions/{sessionId}/cancel"), EmptyResponse]
    public static Events Post([WriteAggregate] Session session, TimeProvider clock)
    {
        var command = new RequestCancel(
            Guid.CreateVersion7(), new Actor(ActorKind.ApiKey, "bench"), CancelVia.Ledger, CancelCause.User, Reason: null, Force: false, SequenceIds: null);
        return [.. RequestCancel.Decide(session, command, CancelPolicy.Default, clock.GetUtcNow()).Events];
    }
}
