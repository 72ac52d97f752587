namespace Ledger.Http.Runners;

public static class AcknowledgeCancelEndpoint
{
    [WolverinePost("/ledger/sessions/{sessionId}/runs/{sequenceId}/cancel-acknowledgement"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("The runner is stopping the run.")]
    [HeaderText(RunnerHeader.Name, RunnerHeader.Description, IsRequired = true)]
    public static async Task<ReportTaken> Post(RunCall call, [FromBody] AcknowledgementRequest request, SessionWriter sessions)
    {
        var command = new AcknowledgeCancel(call.SequenceId, request.CancelId, call.RunnerId);
        var (_, answer) = await call.ExecuteAsync(sessions, (session, now) => AcknowledgeCancel.Decide(session, command, now));
        return ReportTaken.Of(answer);
    }
}

/// <summary>The runner confirms that it is stopping a run.</summary>
public sealed record AcknowledgementRequest(Guid CancelId);
