using System.Globalization;
using Ledger.Http.Errors;
using Ledger.Http.Live;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>The long-poll for the end of a session (wire.md 3.4).</summary>
public static class CompletionWait
{
    private const string Parameter = "maxWaitSeconds";
    private const int Minimum = 1;
    private const int Maximum = 30;

    /// <summary>The settled session.</summary>
    /// <exception cref="RequestRejected">
    /// 400 for a wait out of its bounds, 404 for an unknown session, 408 when the wait is used up.
    /// </exception>
    public static async Task<Session> AwaitAsync(
        HttpContext context, SessionKind kind, string sessionId, bool wholeSeconds, SessionStreams sessions, SessionFeed feed)
    {
        var stream = ChecklySessions.StreamOf(context, kind, sessionId);
        var maxWait = Read(context.Request, wholeSeconds);
        var snapshot = await ChecklySessions.ReadAsync(sessions, stream, kind, context.RequestAborted);
        if (!snapshot.Session.IsOpen)
        {
            return snapshot.Session;
        }

        var wait = await feed.WaitUntilSettledAsync(stream, maxWait, context.RequestAborted);
        return wait.Settled?.Session ?? throw StillInProgress();
    }

    /// <summary>How long the caller is ready to wait.</summary>
    /// <exception cref="RequestRejected">400 for a wait out of its bounds.</exception>
    public static TimeSpan Read(HttpRequest request, bool wholeSeconds)
    {
        var text = request.Query[Parameter].ToString();
        if (text.Length == 0)
        {
            return TimeSpan.FromSeconds(Maximum);
        }

        var styles = wholeSeconds ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
        return decimal.TryParse(text, styles, CultureInfo.InvariantCulture, out var seconds) && seconds is >= Minimum and <= Maximum
            ? TimeSpan.FromSeconds((double)seconds)
            : throw RequestRejected.BadRequest(
                $"'{Parameter}' must be a {(wholeSeconds ? "whole " : "")}number from {Minimum} to {Maximum}.");
    }

    private static RequestRejected StillInProgress() => new(
        StatusCodes.Status408RequestTimeout,
        "in-progress",
        "Check session is still in progress, but maximum per-request wait time was exceeded. Please retry.")
    {
        RetryAfterSeconds = 1,
    };
}
