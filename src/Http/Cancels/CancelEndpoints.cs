using System.Security.Cryptography;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;
using Ledger.Http.Runners;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;
using Microsoft.Extensions.Primitives;

namespace Ledger.Http.Cancels;

/// <summary>The native cancel of one session: dry run, force, idempotency key (http.md, Cancel).</summary>
public static class CancelEndpoints
{
    private const int MaximumKey = 255;

    public static void MapCancel(this IEndpointRouteBuilder routes) => routes
        .MapPost("/ledger/sessions/{sessionId}/cancel", CancelAsync)
        .RequireScope(Scope.Command, Scope.Runner)
        .WithMetadata(RateLimit.Cancel)
        .WithTags("Cancel")
        .WithSummary("Asks to cancel a session, or some of its runs. The runs stop afterwards.")
        .ReadsHeader("Idempotency-Key", "The same key gives the first answer again, whatever happened since.")
        .ReadsHeader(RunnerHeader.Name, "The runner that shuts down; for keys with the scope of runners alone.")
        .Reads<CancelRequest>(required: false)
        .Produces<CancelAccepted>(StatusCodes.Status202Accepted)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<IResult> CancelAsync(
        HttpContext context, string sessionId, SessionStreams sessions, LedgerSettings settings, TimeProvider clock)
    {
        var stream = context.Stream(sessionId);
        var bytes = await Body.ReadAsync(context.Request);
        var request = bytes.IsEmpty ? new CancelRequest() : Body.ParseJson<CancelRequest>(bytes, NativeJson.Options);
        request.Validate();
        var command = await ToCommandAsync(context, stream, request, sessions, clock);
        if (request.DryRun)
        {
            var snapshot = await sessions.ReadAsync(stream, context.RequestAborted)
                ?? throw RequestRejected.NotFound("There is no such session.");
            return Answer(RequestCancel.Decide(snapshot.Session, command, settings.CancelPolicy, clock.GetUtcNow()));
        }

        var remember = RememberFor(context.Request, stream, bytes);
        var executed = await sessions.ExecuteAsync(
            stream,
            (session, now) => RequestCancel.Decide(session, command, settings.CancelPolicy, now),
            context.EventContext(),
            remember,
            context.RequestAborted);
        if (executed.Snapshot is { } after)
        {
            context.SetPosition(after.LastPosition);
        }

        return executed.Remembered is { } first ? AnswerAgain(first, remember!) : Answer(executed.Decision);
    }

    private static async Task<RequestCancel> ToCommandAsync(
        HttpContext context, StreamId stream, CancelRequest request, SessionStreams sessions, TimeProvider clock)
    {
        var key = context.Key();
        var actor = key.Actor;
        if (!key.Has(Scope.Command))
        {
            actor = await ShutdownOfRunner.ActorAsync(context, stream, request, sessions);
        }

        return new RequestCancel(
            Guid.CreateVersion7(clock.GetUtcNow()),
            actor,
            CancelVia.Ledger,
            request.Cause,
            request.Reason,
            request.Force,
            request.SequenceIds);
    }

    private static IResult Answer(Decision<CancelAnswer> decision) => decision.Answer is { } answer
        ? NativeResult.Json(new CancelAccepted(answer.CancelId, answer.Targeted, answer.Skipped), StatusCodes.Status202Accepted)
        : throw decision.Refusal!.ToRejection();

    private static Remember<CancelAnswer>? RememberFor(HttpRequest request, StreamId stream, ReadOnlyMemory<byte> body)
    {
        var key = request.Headers["Idempotency-Key"];
        if (StringValues.IsNullOrEmpty(key))
        {
            return null;
        }

        return key.ToString() is { Length: <= MaximumKey } text
            ? new Remember<CancelAnswer>(
                text, $"cancel {stream.SessionId}", Convert.ToHexStringLower(SHA256.HashData(body.Span)), RememberedCancel.Write)
            : throw RequestRejected.BadRequest($"The header Idempotency-Key must have at most {MaximumKey} characters.");
    }

    private static IResult AnswerAgain(RememberedAnswer first, Remember<CancelAnswer> mine)
    {
        if (first.Fingerprint != mine.Fingerprint)
        {
            throw new RequestRejected(
                StatusCodes.Status422UnprocessableEntity, "idempotency-key-reused", "This Idempotency-Key came with another request before.");
        }

        return RememberedCancel.Read(first.Answer) is { Accepted: { } accepted }
            ? NativeResult.Json(accepted, StatusCodes.Status202Accepted)
            : throw new Refusal(RefusalKind.NothingToCancel, RememberedCancel.Read(first.Answer).Refused!).ToRejection();
    }
}
