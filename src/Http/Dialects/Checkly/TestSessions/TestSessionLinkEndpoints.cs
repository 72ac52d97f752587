using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>The links that the vendor's command line prints (wire.md 4.1). It gets along without them.</summary>
public static class TestSessionLinkEndpoints
{
    public static void MapTestSessionLinks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/next/test-sessions/{testSessionId}").WithTags("Checkly: command line");
        group.MapGet("link", GetAsync).RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Where people look at a test session.")
            .Produces<TestSessionLink>().ProducesErrors(400, 401, 403, 404, 429);
        group.MapGet("results/{testResultId}/links", GetOfResultAsync).RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Where people look at a result of a test session.")
            .Produces<TestResultLinks>().ProducesErrors(400, 401, 403, 404, 429);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, string testSessionId, SessionStreams sessions, LedgerSettings settings)
    {
        var session = await ReadAsync(context, testSessionId, sessions);
        return ChecklyResult.Json(new TestSessionLink(new ChecklyLinks(context.Request, settings).TestSession(session)));
    }

    private static async Task<IResult> GetOfResultAsync(
        HttpContext context, string testSessionId, string testResultId, SessionStreams sessions, LedgerSettings settings)
    {
        var resultId = Inputs.Uuid(nameof(testResultId), testResultId);
        var session = await ReadAsync(context, testSessionId, sessions);
        return TestSession.FindResult(session, resultId) is { } result
            ? ChecklyResult.Json(new TestResultLinks(
                new ChecklyLinks(context.Request, settings).TestResult(session, result.Id), [], [], []))
            : throw RequestRejected.NotFound("Not Found");
    }

    private static async Task<Session> ReadAsync(HttpContext context, string testSessionId, SessionStreams sessions)
    {
        var stream = ChecklySessions.StreamOf(context, SessionKind.Test, testSessionId);
        return (await ChecklySessions.ReadAsync(sessions, stream, SessionKind.Test, context.RequestAborted)).Session;
    }
}

/// <summary>The link of a test session.</summary>
public sealed record TestSessionLink(string Link);

/// <summary>The links of a result; the ledger keeps no recordings.</summary>
public sealed record TestResultLinks(
    string TestResultLink,
    IReadOnlyList<string> TestTraceLinks,
    IReadOnlyList<string> VideoLinks,
    IReadOnlyList<string> ScreenshotLinks);
