using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Http.Dialects.Checkly.Targets;
using Ledger.Http.Dialects.Checkly.TestSessions;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Triggers;

/// <summary>Triggers one session with a run of each registered check that <c>checkly trigger</c> means (wire.md 4.2).</summary>
public static class TriggerChecks
{
    private const string NoMatchingChecks = "ERR_NO_MATCHING_CHECKS";

    public static void MapTriggerOfChecks(this IEndpointRouteBuilder routes) => routes
        .MapPost("/next/test-sessions/trigger", HandleAsync)
        .RequireScope(Scope.Command)
        .WithSummary("Triggers one session with a run of each registered check that is meant.")
        .Reads<ChecksTrigger>()
        .Produces<TriggeredChecks>(StatusCodes.Status201Created)
        .ProducesErrors(400, 401, 403, 413, 429);

    private static async Task<IResult> HandleAsync(
        HttpContext context, CheckRegistry registry, SessionStreams sessions, TimeProvider clock)
    {
        var request = await Body.ReadRequiredJsonAsync<ChecksTrigger>(context.Request, ChecklyJson.Options);
        request.Validate();
        var location = RunLocation.NameOf(request.RunLocation);
        var environment = EnvironmentVariable.OfCommandLine(request.EnvironmentVariables ?? []);
        var options = TriggerOptions.MembersOf(request.RefreshCache, request.TestRetryStrategy);
        var metadata = SuiteMetadata.Of(context.Request, request.RepoInfo, request.Environment, request.CheckRunSuiteId);
        var key = context.Key();
        var checks = request.Target.SelectFrom(await registry.ListAsync(key.AccountId, context.RequestAborted));
        if (checks.Count == 0)
        {
            throw NothingMatches();
        }

        var now = clock.GetUtcNow();
        var command = new TriggerSession(
            Guid.CreateVersion7(now),
            key.AccountId,
            SessionKind.Test,
            Project: null,
            request.Name!,
            request.ShouldRecord ? SessionSource.TriggerRecord : SessionSource.TriggerNoRecord,
            key.Actor,
            ConcurrencyGroup: null,
            ConflictBehaviour.Queue,
            metadata,
            [.. checks.Select(check => check.At(location, check.SpecWith(options, environment), now))]);
        var (made, refusal) = await sessions.TriggerAsync([command], context.EventContext(), context.RequestAborted);
        if (refusal is not null)
        {
            throw refusal.ToRejection();
        }

        context.SetPosition(made[0].LastPosition);
        return ChecklyResult.Json(AnswerOf(made[0].Session, request.ShouldRecord), StatusCodes.Status201Created);
    }

    private static TriggeredChecks AnswerOf(Session session, bool recorded) => new(
        [.. session.Runs.Select(run => new TriggeredCheck(CheckIds.Of(run), run.Plan.Name, run.Plan.CheckType))],
        recorded ? session.Id : null,
        recorded ? session.Runs.ToDictionary(CheckIds.Of, run => ResultIds.Derived(run.SequenceId)) : null,
        session.Runs.ToDictionary(CheckIds.Of, run => run.SequenceId));

    /// <summary>By this code the command line knows that its user's filter matches nothing; any other 403 is a failure to it.</summary>
    private static RequestRejected NothingMatches() =>
        new(StatusCodes.Status403Forbidden, "no-matching-checks", "No matching checks were found.")
        {
            Members = new Dictionary<string, object?>(StringComparer.Ordinal) { [ChecklyEnvelope.ErrorCode] = NoMatchingChecks },
        };
}
