using Ledger.Http.Access;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Runners.Reports;

/// <summary>
/// What a runner says about a run that it holds (http.md, Runners). Each call is one decision on the session's stream: 404 for what does
/// not exist, 403 when another runner holds it, 409 where the stream does not support what is said, and 200 with <c>late</c> for what
/// comes after the run was settled (domain.md rule 3).
/// </summary>
public static class RunReportEndpoints
{
    public static void MapRunReports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ledger/sessions/{sessionId}/runs/{sequenceId}")
            .RequireScope(Scope.Runner)
            .WithMetadata(RateLimit.Runner)
            .ReadsHeader(RunnerHeader.Name, "The runner that holds the run.", required: true)
            .WithTags("Runners");
        group.MapPost("start", StartAsync).WithSummary("Execution begins. A run whose cancel is open does not start: see cancel in the answer.")
            .Reads<EmptyRequest>(required: false).Produces<LeaseAnswer>();
        group.MapPost("heartbeat", HeartbeatAsync).WithSummary("The runner is alive and goes on; renews the lease, tells of an open cancel.")
            .Reads<EmptyRequest>(required: false).Produces<LeaseAnswer>();
        group.MapPost("cancel-acknowledgement", AcknowledgeAsync).WithSummary("The runner is stopping the run.")
            .Reads<AcknowledgementRequest>().Produces<ReportTaken>();
        group.MapPost("abort", AbortAsync).WithSummary("Execution is over because of a cancel.")
            .Reads<AbortRequest>().Produces<ReportTaken>();
        group.MapPost("results", ReportAsync).WithSummary("A result. The first terminal fact settles the run; whatever comes later is kept.")
            .Reads<ResultRequest>().Produces<ResultTaken>(StatusCodes.Status201Created).Produces<ResultTaken>();
    }

    private static async Task<IResult> StartAsync(
        HttpContext context, string sessionId, string sequenceId, SessionStreams sessions, LeaseRenewal leases)
    {
        var call = RunCall.Of(context, sessionId, sequenceId);
        await Body.ReadJsonAsync<EmptyRequest>(context.Request, Json.Options);
        var heartbeat = new Heartbeat(call.SequenceId, call.RunnerId);
        var (session, answer) = await call.ExecuteAsync(sessions, (session, now) =>
        {
            var start = StartRun.Decide(session, new StartRun(call.SequenceId, call.RunnerId), now);
            return start.Answer is { Run.IsCancelling: true } ? Heartbeat.Decide(session, heartbeat, now) : start;
        });
        return NativeResult.Json(await leases.AnswerAsync(call, session, answer));
    }

    private static async Task<IResult> HeartbeatAsync(
        HttpContext context, string sessionId, string sequenceId, SessionStreams sessions, LeaseRenewal leases)
    {
        var call = RunCall.Of(context, sessionId, sequenceId);
        await Body.ReadJsonAsync<EmptyRequest>(context.Request, Json.Options);
        var heartbeat = new Heartbeat(call.SequenceId, call.RunnerId);
        var (session, answer) = await call.ExecuteAsync(sessions, (session, now) => Heartbeat.Decide(session, heartbeat, now));
        return NativeResult.Json(await leases.AnswerAsync(call, session, answer));
    }

    private static async Task<IResult> AcknowledgeAsync(HttpContext context, string sessionId, string sequenceId, SessionStreams sessions)
    {
        var call = RunCall.Of(context, sessionId, sequenceId);
        var request = await Body.ReadRequiredJsonAsync<AcknowledgementRequest>(context.Request, Json.Options);
        var command = new AcknowledgeCancel(call.SequenceId, request.CancelId, call.RunnerId);
        var (_, answer) = await call.ExecuteAsync(sessions, (session, now) => AcknowledgeCancel.Decide(session, command, now));
        return NativeResult.Json(new ReportTaken(!answer.Run.IsOpen, TrueOrAbsent(answer.Late)));
    }

    private static async Task<IResult> AbortAsync(HttpContext context, string sessionId, string sequenceId, SessionStreams sessions)
    {
        var call = RunCall.Of(context, sessionId, sequenceId);
        var request = await Body.ReadRequiredJsonAsync<AbortRequest>(context.Request, Json.Options);
        var command = request.ToCommand(call.SequenceId, call.RunnerId);
        var (_, answer) = await call.ExecuteAsync(sessions, (session, now) => AbortRun.Decide(session, command, now));
        return NativeResult.Json(new ReportTaken(!answer.Run.IsOpen, TrueOrAbsent(answer.Late)));
    }

    private static async Task<IResult> ReportAsync(
        HttpContext context, string sessionId, string sequenceId, SessionStreams sessions, TimeProvider clock)
    {
        var call = RunCall.Of(context, sessionId, sequenceId);
        var request = await Body.ReadRequiredJsonAsync<ResultRequest>(context.Request, Json.Options);
        var resultId = request.ResultId ?? Guid.CreateVersion7(clock.GetUtcNow());
        var command = request.ToCommand(resultId, call.SequenceId, call.RunnerId);
        var (_, answer) = await call.ExecuteAsync(sessions, (session, now) => ReportResult.Decide(session, command, now));
        var settled = answer.Run.Final is { Settles: true } final && final.ResultId == resultId;
        return NativeResult.Json(
            new ResultTaken(resultId, settled, TrueOrAbsent(answer.Late)),
            answer.Late || answer.Repeated ? StatusCodes.Status200OK : StatusCodes.Status201Created);
    }

    private static bool? TrueOrAbsent(bool late) => late ? true : null;
}
