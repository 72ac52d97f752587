using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>
/// Finds sessions under their own routes only: kinds <c>check</c> and <c>test</c>, each as its own face (wire.md 2.2). Everything else,
/// another account's session included, is answered exactly as unknown (wire.md 2.3).
/// </summary>
public static class ChecklySessions
{
    /// <summary>The stream of a session id in the path, in the key's account.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid.</exception>
    public static StreamId StreamOf(HttpContext context, SessionKind kind, string sessionId) =>
        new(context.Key().AccountId, Inputs.Uuid(kind is SessionKind.Check ? "checkSessionId" : "testSessionId", sessionId));

    /// <summary>The session as of now.</summary>
    /// <exception cref="RequestRejected">404 when the account has none of that kind and id.</exception>
    public static async Task<SessionSnapshot> ReadAsync(
        SessionStreams sessions, StreamId stream, SessionKind kind, CancellationToken cancellation) =>
        await sessions.ReadAsync(stream, cancellation) is { } snapshot && snapshot.Session.Kind == kind ? snapshot : throw Unknown(kind);

    public static RequestRejected Unknown(SessionKind kind) =>
        RequestRejected.NotFound(kind is SessionKind.Check ? "No such check session." : "No such test session.");
}
