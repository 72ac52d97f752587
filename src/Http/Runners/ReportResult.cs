namespace Ledger.Http.Runners;

/// <summary>A result of a run, between or at its end.</summary>
public static class ReportResultEndpoint
{
    [WolverinePost("/ledger/sessions/{sessionId}/runs/{sequenceId}/results"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("A result. The first terminal fact settles the run; whatever comes later is kept.")]
    [HeaderText(RunnerHeader.Name, RunnerHeader.Description, IsRequired = true)]
    [ProducesResponseType<ResultTaken>(StatusCodes.Status200OK)]
    [ProducesResponseType<ResultTaken>(StatusCodes.Status201Created)]
    public static async Task<IResult> Post(
        RunCall call, [FromBody] ResultRequest request, SessionWriter sessions, SpecSecrets secrets, TimeProvider clock)
    {
        var resultId = request.ResultId ?? Guid.CreateVersion7(clock.GetUtcNow());
        var command = request.ToCommand(resultId, call.SequenceId, call.RunnerId);
        if (command.Details is not null)
        {
            // A test may print its secrets: they are not kept.
            command = command with { Details = secrets.Redact(call.Stream.AccountId, await call.ReadSpecAsync(sessions), command.Details) };
        }

        var (_, answer) = await call.ExecuteAsync(sessions, (session, now) => ReportResult.Decide(session, command, now));
        var settled = answer.Run.Final is { Settles: true } final && final.ResultId == resultId;
        var taken = new ResultTaken(resultId, settled, answer.Late ? true : null);
        return answer.Late || answer.Repeated ? TypedResults.Ok(taken) : TypedResults.Created((string?)null, taken);
    }
}

/// <summary>A report about a run. Without an id it gets one, and cannot be repeated.</summary>
public sealed record ResultRequest(
    ResultType ResultType,
    bool HasFailures,
    Guid? ResultId = null,
    bool HasErrors = false,
    bool IsDegraded = false,
    bool IsCancelled = false,
    long? ResponseTime = null,
    DateTimeOffset? StartedAt = null,
    DateTimeOffset? StoppedAt = null,
    int? Attempt = null,
    JsonElement? Details = null)
{
    public ReportResult ToCommand(Guid resultId, Guid sequenceId, string runnerId) => ResponseTime < 0 || Attempt < 1 || StoppedAt < StartedAt
        ? throw RequestRejected.BadRequest("'responseTime' must not be negative, 'attempt' must be at least 1, and 'stoppedAt' not before 'startedAt'.")
        : new ReportResult(
            resultId,
            sequenceId,
            runnerId,
            ResultType,
            HasFailures,
            HasErrors,
            IsDegraded,
            IsCancelled,
            ResponseTime,
            StartedAt,
            StoppedAt,
            Attempt,
            Details);
}

/// <summary>The answer to a result.</summary>
/// <param name="Settled">Whether this result settled the run.</param>
/// <param name="Late">True when the run had been settled before, so that the result was only recorded; absent otherwise.</param>
public sealed record ResultTaken(
    Guid ResultId, bool Settled, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Late);
