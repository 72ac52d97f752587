using Ledger.Http.Errors;
using Ledger.Http.Runners;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Cancels;

/// <summary>
/// A key with the scope of runners alone may cancel one thing: what its runner holds, because that runner is shutting down. So a drain
/// takes the same way as every other cancel, and its five facts stand in the stream.
/// </summary>
public static class ShutdownOfRunner
{
    /// <summary>The runner as the one who asks.</summary>
    /// <exception cref="RequestRejected">400 without the runner's header; 403 for any other cancel.</exception>
    public static async Task<Actor> ActorAsync(HttpContext context, StreamId stream, CancelRequest request, SessionStreams sessions)
    {
        var runnerId = RunnerHeader.Read(context.Request);
        var snapshot = await sessions.ReadAsync(stream, context.RequestAborted) ?? throw RequestRejected.NotFound("There is no such session.");
        var isOwn = request is { Cause: CancelCause.Shutdown, SequenceIds: { } ids }
            && ids.All(id => snapshot.Session.FindRun(id)?.RunnerId == runnerId);
        return isOwn
            ? new Actor(ActorKind.Runner, runnerId)
            : throw RequestRejected.Forbidden("A runner's key cancels only what its runner holds, with the cause shutdown.");
    }
}
