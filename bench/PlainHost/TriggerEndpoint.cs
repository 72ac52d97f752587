using JasperFx.MultiTenancy;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Wolverine.Http;
using Wolverine.Marten;

namespace Ledger.PlainHost;

/// <summary>What to trigger.</summary>
public sealed record Trigger(string Name, IReadOnlyList<TriggeredRun> Runs);

/// <summary>A run of it.</summary>
public sealed record TriggeredRun(string CheckType, string Name, string Location);

public static class TriggerEndpoint
{
    [WolverinePost("/sessions")]
    public static (CreationResponse<Guid>, IStartStream) Post(Trigger body, TenantId tenant, TimeProvider clock)
    {
        var id = Guid.CreateVersion7();
        var command = new TriggerSession(
            id,
            Guid.Parse(tenant.Value),
            SessionKind.Check,
            null,
            body.Name,
            SessionSource.TriggerApi,
            new Actor(ActorKind.ApiKey, "bench"),
            null,
            ConflictBehaviour.Queue,
            null,
            [.. body.Runs.Select(run => new PlannedRun(Guid.CreateVersion7(), null, run.CheckType, run.Name, run.Location, null))]);
        var triggered = TriggerSession.Decide(command, clock.GetUtcNow()).Answer!;
        return (new CreationResponse<Guid>($"/sessions/{id}", id), MartenOps.StartStream<Session>(id, triggered));
    }
}
