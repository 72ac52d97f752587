namespace Ledger.Http.Runners;

public static class AbortRunEndpoint
{
    [WolverinePost("/ledger/sessions/{sessionId}/runs/{sequenceId}/abort"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("Execution is over because of a cancel.")]
    [HeaderText(RunnerHeader.Name, RunnerHeader.Description, IsRequired = true)]
    public static async Task<ReportTaken> Post(RunCall call, [FromBody] AbortRequest request, SessionWriter sessions)
    {
        var command = request.ToCommand(call.SequenceId, call.RunnerId);
        var (_, answer) = await call.ExecuteAsync(sessions, (session, now) => AbortRun.Decide(session, command, now));
        return ReportTaken.Of(answer);
    }
}

/// <summary>Execution is over because of a cancel.</summary>
public sealed record AbortRequest(
    Guid CancelId,
    AbortManner How,
    int? ExitCode = null,
    string? Signal = null,
    StopEvidence? Evidence = null,
    long? DurationMs = null)
{
    private const int MaximumSignal = 64;
    private const int MaximumReason = 500;

    public AbortRun ToCommand(Guid sequenceId, string runnerId)
    {
        if (Signal is { Length: 0 or > MaximumSignal })
        {
            throw RequestRejected.BadRequest($"'signal' must have 1 to {MaximumSignal} characters.");
        }

        if (Evidence is { ProcessesLeft: null, Reason: null } or { Reason.Length: 0 or > MaximumReason })
        {
            throw RequestRejected.BadRequest($"'evidence.reason' must say in 1 to {MaximumReason} characters why 'evidence.processesLeft' is null.");
        }

        return Evidence is { ProcessesLeft: < 0 } || DurationMs < 0
            ? throw RequestRejected.BadRequest("'evidence.processesLeft' and 'durationMs' must not be negative.")
            : new AbortRun(sequenceId, CancelId, runnerId, How, ExitCode, Signal, DurationMs, Evidence);
    }
}
