using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Runners.Reports;

/// <summary>A call of one runner about one run.</summary>
public sealed class RunCall
{
    private readonly HttpContext context;

    private RunCall(HttpContext context, StreamId stream, Guid sequenceId, string runnerId)
    {
        this.context = context;
        Stream = stream;
        SequenceId = sequenceId;
        RunnerId = runnerId;
    }

    public StreamId Stream { get; }

    public Guid SequenceId { get; }

    public string RunnerId { get; }

    /// <summary>Ends when the caller goes.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>The call, from the path and the header.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, or without the runner's header.</exception>
    public static RunCall Of(HttpContext context, string sessionId, string sequenceId) => new(
        context, context.Stream(sessionId), Inputs.Uuid("sequence id", sequenceId), RunnerHeader.Read(context.Request));

    /// <summary>Decides it on the session's stream; the outcome is durable when the task ends.</summary>
    /// <returns>The session and the answer afterwards.</returns>
    /// <exception cref="RequestRejected">What the decision refuses.</exception>
    public async Task<(Session Session, ReportAnswer Answer)> ExecuteAsync(
        SessionStreams sessions, Func<Session, DateTimeOffset, Decision<ReportAnswer>> decide)
    {
        var executed = await sessions.ExecuteAsync(Stream, decide, context.EventContext(), cancellation: Aborted);
        if (executed.Decision.Answer is not { } answer)
        {
            throw executed.Decision.Refusal!.ToRejection();
        }

        var after = executed.Snapshot!;
        context.SetPosition(after.LastPosition);
        return (after.Session, answer);
    }
}
