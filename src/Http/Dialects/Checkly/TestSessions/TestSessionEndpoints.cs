using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Live;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>Triggers, lists, reads and awaits test sessions (wire.md 3.6 to 3.8).</summary>
public static class TestSessionEndpoints
{
    public static void MapTestSessions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/test-sessions").WithTags("Checkly: test sessions");
        group.MapPost("trigger", TriggerTestSession.HandleAsync).RequireScope(Scope.Command)
            .WithSummary("Triggers one session with a run of each check that is meant, all at one location.")
            .Reads<TestSessionTrigger>().Produces<TestSession>(StatusCodes.Status201Created).ProducesErrors(400, 401, 403, 404, 429);
        group.MapGet("", ListTestSessions.HandleAsync).RequireScope(Scope.Read)
            .WithSummary("Lists test sessions, newest first.")
            .ReadsNumber("from", "Created at or after this time, in Unix seconds.")
            .ReadsNumber("to", "Created before this time, in Unix seconds.")
            .ReadsNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")
            .ReadsText("nextId", "The nextId of the page before.")
            .ReadsTexts("statuses", "RUNNING, FAILED, PASSED or CANCELLED; all when absent.")
            .ReadsTexts("branches", "Branch names.")
            .ReadsTexts("users", "Commit owners or ids of invokers.")
            .ReadsTexts("providers", "GITHUB, VERCEL, API, TRIGGER or PW_REPORTER.")
            .ReadsText("noUsers", "true for sessions without a user alone.")
            .ReadsText("textSearch", "3 to 200 characters of the name, the branch or the commit.")
            .ReadsText("errorGroupId", "The ledger groups no errors: nothing matches.")
            .Produces<TestSessionList>().ProducesErrors(400, 401, 403, 429);
        group.MapGet("{testSessionId}", GetAsync).RequireScope(Scope.Read)
            .WithSummary("Reads a test session.")
            .Produces<TestSession>().ProducesErrors(400, 401, 403, 404, 429);
        group.MapGet("{testSessionId}/completion", AwaitAsync).RequireScope(Scope.Read)
            .WithSummary("Answers when the session is final, or with 408 after maxWaitSeconds.")
            .ReadsNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")
            .Produces<TestSession>().ProducesErrors(400, 401, 403, 404, 408, 429);
        group.MapGet("{testSessionId}/results/{testSessionResultId}", GetResultAsync).RequireScope(Scope.Read)
            .WithSummary("Reads one result of a test session.")
            .Produces<TestSessionResultDetail>().ProducesErrors(400, 401, 403, 404, 429);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, string testSessionId, SessionStreams sessions, LedgerSettings settings, TimeProvider clock) =>
        Show(context, await ReadAsync(context, testSessionId, sessions), settings, clock);

    private static async Task<IResult> AwaitAsync(
        HttpContext context,
        string testSessionId,
        SessionStreams sessions,
        SessionFeed feed,
        LedgerSettings settings,
        TimeProvider clock)
    {
        var session = await CompletionWait.AwaitAsync(context, SessionKind.Test, testSessionId, wholeSeconds: false, sessions, feed);
        return Show(context, session, settings, clock);
    }

    private static async Task<IResult> GetResultAsync(
        HttpContext context, string testSessionId, string testSessionResultId, SessionStreams sessions, LedgerSettings settings)
    {
        var resultId = Inputs.Uuid(nameof(testSessionResultId), testSessionResultId);
        var session = await ReadAsync(context, testSessionId, sessions);
        return TestSession.FindResult(session, resultId) is { } result
            ? ChecklyResult.Json(TestSessionResultDetail.Of(session, result, new ChecklyLinks(context.Request, settings)))
            : throw RequestRejected.NotFound("Not Found");
    }

    private static async Task<Session> ReadAsync(HttpContext context, string testSessionId, SessionStreams sessions)
    {
        var stream = ChecklySessions.StreamOf(context, SessionKind.Test, testSessionId);
        return (await ChecklySessions.ReadAsync(sessions, stream, SessionKind.Test, context.RequestAborted)).Session;
    }

    private static IResult Show(HttpContext context, Session session, LedgerSettings settings, TimeProvider clock) =>
        ChecklyResult.Json(TestSession.Of(session, new ChecklyLinks(context.Request, settings), clock.GetUtcNow()));
}
