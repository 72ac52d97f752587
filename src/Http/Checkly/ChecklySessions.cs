using Ledger.Http.Live;

namespace Ledger.Http.Checkly;

/// <summary>
/// Begins and finds sessions for this dialect, under their own routes only: kinds <c>check</c> and <c>test</c>, each as its own face.
/// Everything else, another account's session included, is answered exactly as unknown.
/// </summary>
public sealed class ChecklySessions(SessionWriter sessions, SessionFeed feed, LedgerSettings settings, TimeProvider clock)
{
    /// <summary>The time to show and to trigger by.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The links in the answer to a request.</summary>
    public ChecklyLinks LinksFor(HttpRequest request) => new(request, settings);

    /// <summary>The session of an id in the path, as of now.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, 404 when the caller sees none of that kind and id.</exception>
    public async Task<Session> ReadAsync(Caller caller, SessionKind kind, string sessionId, CancellationToken cancellation) =>
        await sessions.ReadAsync(caller, IdOf(kind, sessionId), cancellation) is { } found && found.Session.Kind == kind
            ? found.Session
            : throw Unknown(kind);

    /// <summary>The same once it is settled.</summary>
    /// <exception cref="RequestRejected">
    /// 400 for a wait out of its bounds, 404 for an unknown session, 408 when the wait is used up.
    /// </exception>
    public async Task<Session> AwaitAsync(Caller caller, SessionKind kind, string sessionId, HttpRequest request, bool wholeSeconds = false)
    {
        var stream = caller.Stream(IdOf(kind, sessionId));
        var maxWait = LongPoll.MaxWaitOf(request, wholeSeconds);
        var cancellation = request.HttpContext.RequestAborted;
        var session = await ReadAsync(caller, kind, sessionId, cancellation);
        return session.IsOpen
            ? (await feed.WaitUntilSettledAsync(stream, maxWait, cancellation)).Settled?.Session ?? throw LongPoll.StillInProgress()
            : session;
    }

    /// <summary>A command that begins a session in no project and no group.</summary>
    public TriggerSession CommandOf(
        Caller caller, SessionKind kind, string name, SessionSource source, JsonElement? metadata, IEnumerable<PlannedRun> runs) => new(
        Guid.CreateVersion7(Now),
        caller.AccountId,
        kind,
        Project: null,
        name,
        source,
        caller.Actor,
        ConcurrencyGroup: null,
        ConflictBehaviour.Queue,
        metadata,
        [.. runs]);

    /// <summary>Begins sessions, all of them or none.</summary>
    public async Task<IReadOnlyList<Session>> TriggerAsync(HttpContext context, Caller caller, params IReadOnlyList<TriggerSession> commands) =>
        [.. (await sessions.TriggerAsync(context, caller, commands)).Select(made => made.Session)];

    /// <summary>A session id of the path.</summary>
    public static Guid IdOf(SessionKind kind, string sessionId) =>
        Inputs.Uuid(kind is SessionKind.Check ? "checkSessionId" : "testSessionId", sessionId);

    public static RequestRejected Unknown(SessionKind kind) =>
        RequestRejected.NotFound(kind is SessionKind.Check ? "No such check session." : "No such test session.");
}

/// <summary>The bounds of a wait for an end, and what is said when it was too short.</summary>
public static class LongPoll
{
    private const string Parameter = "maxWaitSeconds";
    private const int Minimum = 1;
    private const int Maximum = 30;

    /// <summary>How long the caller is ready to wait.</summary>
    /// <exception cref="RequestRejected">400 for a wait out of its bounds.</exception>
    public static TimeSpan MaxWaitOf(HttpRequest request, bool wholeSeconds)
    {
        if (request.Text(Parameter) is not { } text)
        {
            return TimeSpan.FromSeconds(Maximum);
        }

        var styles = wholeSeconds ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
        return decimal.TryParse(text, styles, CultureInfo.InvariantCulture, out var seconds) && seconds is >= Minimum and <= Maximum
            ? TimeSpan.FromSeconds((double)seconds)
            : throw RequestRejected.BadRequest(
                $"'{Parameter}' must be a {(wholeSeconds ? "whole " : "")}number from {Minimum} to {Maximum}.");
    }

    /// <summary>408: clients come again at once.</summary>
    public static RequestRejected StillInProgress() => new(
        StatusCodes.Status408RequestTimeout,
        "in-progress",
        "Check session is still in progress, but maximum per-request wait time was exceeded. Please retry.")
    {
        RetryAfterSeconds = 1,
    };
}
