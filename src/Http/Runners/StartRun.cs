namespace Ledger.Http.Runners;

public static class StartRunEndpoint
{
    [WolverinePost("/ledger/sessions/{sessionId}/runs/{sequenceId}/start"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("Execution begins. A run whose cancel is open does not start: see cancel in the answer.")]
    [HeaderText(RunnerHeader.Name, RunnerHeader.Description, IsRequired = true)]
    public static async Task<LeaseAnswer> Post(RunCall call, [FromBody] EmptyRequest? empty, SessionWriter sessions, LeaseRenewal leases)
    {
        var heartbeat = new Heartbeat(call.SequenceId, call.RunnerId);
        var (session, answer) = await call.ExecuteAsync(sessions, (session, now) =>
        {
            var start = StartRun.Decide(session, new StartRun(call.SequenceId, call.RunnerId), now);
            return start.Answer is { Run.IsCancelling: true } ? Heartbeat.Decide(session, heartbeat, now) : start;
        });
        return await leases.AnswerAsync(call, session, answer);
    }
}

public static class HeartbeatEndpoint
{
    [WolverinePost("/ledger/sessions/{sessionId}/runs/{sequenceId}/heartbeat"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("The runner is alive and goes on; renews the lease, tells of an open cancel.")]
    [HeaderText(RunnerHeader.Name, RunnerHeader.Description, IsRequired = true)]
    public static async Task<LeaseAnswer> Post(RunCall call, [FromBody] EmptyRequest? empty, SessionWriter sessions, LeaseRenewal leases)
    {
        var heartbeat = new Heartbeat(call.SequenceId, call.RunnerId);
        var (session, answer) = await call.ExecuteAsync(sessions, (session, now) => Heartbeat.Decide(session, heartbeat, now));
        return await leases.AnswerAsync(call, session, answer);
    }
}

/// <summary>A start or a heartbeat says nothing beyond its path.</summary>
public sealed record EmptyRequest;
