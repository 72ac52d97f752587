using Ledger.Deadlines;
using Microsoft.Net.Http.Headers;

namespace Ledger.Http.Sessions;

/// <summary>Reads a session natively, as it is or as it was. Its runs come in pages, so that a large one costs what is shown of it.</summary>
public static class ReadSessionEndpoint
{
    private const int DefaultLimit = 100;
    private const int MaximumLimit = 1_000;

    [WolverineGet("/ledger/sessions/{sessionId}"), Authorize(Scopes.Read), Tags("Sessions"), ProducesResponseType<SessionView>(200)]
    [EndpointSummary("The whole truth about a session, as it is or as it was.")]
    [QueryNumber("version", "The session as it was at this version of its stream.")]
    [QueryText("at", "The session as it was at this ISO 8601 time.")]
    [QueryNumber("limit", "Runs of a page, 0 to 1000; 100 when absent.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    public static async Task<IResult> Get(
        string sessionId, Caller caller, SessionWriter sessions, RunnersReader runners, HttpContext context)
    {
        var id = Inputs.Uuid("session id", sessionId);
        var limit = context.Request.Int("limit", 0, MaximumLimit, DefaultLimit);
        var first = context.Request.Cursor() ?? 0;
        var snapshot = await ReadAsync(id, caller, sessions, context.Request) ?? throw RequestRejected.NotFound("There is no such session.");
        var tag = new EntityTagHeaderValue($"\"{snapshot.Version}\"");
        context.Response.Headers.ETag = tag.ToString();
        var known = context.Request.GetTypedHeaders().IfNoneMatch;
        return known.Any(other => other.Equals(EntityTagHeaderValue.Any) || other.Compare(tag, useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(await WithWaitsAsync(new SessionView(snapshot, first, limit), caller, runners, context.Request));
    }

    /// <summary>Says of queued runs when no runner serves their location, so that nobody waits for what cannot come.</summary>
    private static async Task<SessionView> WithWaitsAsync(SessionView view, Caller caller, RunnersReader runners, HttpRequest request)
    {
        if (request.Query["version"].Count > 0 || request.Query["at"].Count > 0)
        {
            return view;
        }

        var queued = view.Runs.Where(run => run.State is RunState.Queued).Select(QueueOf).ToHashSet();
        if (queued.Count == 0)
        {
            return view;
        }

        var unserved = await runners.UnservedAsync(caller.AccountId, queued, TimeSpan.Zero, request.HttpContext.RequestAborted);
        return view with
        {
            Runs =
            [
                .. view.Runs.Select(run => run.State is RunState.Queued && unserved.Contains(QueueOf(run))
                    ? run with { Waiting = $"No runner takes {run.CheckType} runs at the location '{run.Location}'." }
                    : run),
            ],
        };

        RunQueue QueueOf(RunView run) => new(view.Project, run.Location, run.CheckType);
    }

    private static async Task<SessionSnapshot?> ReadAsync(Guid id, Caller caller, SessionWriter sessions, HttpRequest request)
    {
        var cancellation = request.HttpContext.RequestAborted;
        return (request.Number("version", "a whole number from 1"), request.Time("at")) switch
        {
            (0, _) or (not null, not null) => throw RequestRejected.BadRequest("'version' must be a whole number from 1, and not together with 'at'."),
            ({ } version, null) => await sessions.ReadAsOfAsync(caller, id, recorded => recorded.Version <= version, cancellation),
            (null, { } time) => await sessions.ReadAsOfAsync(caller, id, recorded => recorded.Data.At <= time, cancellation),
            _ => await sessions.ReadAsync(caller, id, cancellation),
        };
    }
}

public static class ReadRunEndpoint
{
    [WolverineGet("/ledger/sessions/{sessionId}/runs/{sequenceId}"), Authorize(Scopes.Read), Tags("Sessions")]
    [EndpointSummary("One run of a session, as it is.")]
    public static async Task<RunView> Get(
        string sessionId, string sequenceId, Caller caller, SessionWriter sessions, CancellationToken cancellation)
    {
        var runId = Inputs.Uuid("sequence id", sequenceId);
        return await sessions.ReadAsync(caller, Inputs.Uuid("session id", sessionId), cancellation) is { Session: var session }
            && session.FindRun(runId) is { } run
                ? RunView.Of(session, run)
                : throw RequestRejected.NotFound("There is no such run.");
    }
}

/// <summary>The whole truth about a session.</summary>
public sealed record SessionView : SessionEntry
{
    // Details of results, in bytes of JSON; one run has room, however large its are.
    private const long MostBytes = 4 * 1024 * 1024;

    public SessionView(SessionSnapshot snapshot, long first, int limit)
        : base(Of(SessionSummary.Of(snapshot)))
    {
        var session = snapshot.Session;
        var runs = new List<RunView>();
        var at = first;
        for (var bytes = 0L; at < session.Runs.Length && runs.Count < limit && bytes < MostBytes; at++)
        {
            var run = session.Runs[(int)at];
            runs.Add(RunView.Of(session, run));
            bytes += JsonSize.OfText(run.Final?.Details);
        }

        OnConflict = session.OnConflict;
        Runs = runs;
        NextCursor = limit > 0 && at < session.Runs.Length ? SessionListCursor.After(at) : null;
    }

    /// <summary>What the session did to earlier ones of its group.</summary>
    [JsonPropertyOrder(1)]
    public ConflictBehaviour OnConflict { get; }

    /// <summary>A page of the runs, in the order in which they were asked for; it ends early when they are large.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<RunView> Runs { get; init; }

    /// <summary>Where the next page of runs begins; null on the last one.</summary>
    [JsonPropertyOrder(1)]
    public string? NextCursor { get; }
}

public sealed record RunView(
    Guid SequenceId,
    Guid? CheckId,
    string CheckType,
    string Name,
    string Location,
    RunState State,
    string? RunnerId,
    DateTimeOffset? ClaimedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? SettledAt,
    int Attempts,
    ResultView? Result,
    RunCancelView? Cancel,
    int LateReports)
{
    /// <summary>Why a queued run waits, when it is not for a runner to be free: none that takes such runs was heard of for a minute. Absent otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Waiting { get; init; }

    public static RunView Of(Session session, Run run) => new(
        run.SequenceId,
        run.Plan.CheckId,
        run.Plan.CheckType,
        run.Plan.Name,
        run.Plan.Location,
        run.State,
        run.RunnerId,
        run.ClaimedAt,
        run.StartedAt,
        run.SettledAt,
        run.Attempts.Count,
        run.Final is { } final ? ResultView.Of(final) : null,
        run.Cancel is { } cancel ? RunCancelView.Of(session.Cancels[cancel.CancelId], cancel) : null,
        run.LateReports.Count);
}

/// <summary>The final report about a run.</summary>
public sealed record ResultView(
    Guid ResultId,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    bool IsCancelled,
    bool OverMaxResponseTime,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    int Attempt,
    JsonElement? Details)
{
    public static ResultView Of(ResultReported result) => new(
        result.ResultId,
        result.HasFailures,
        result.HasErrors,
        result.IsDegraded,
        result.IsCancelled,
        result.OverMaxResponseTime,
        result.ResponseTime,
        result.StartedAt,
        result.StoppedAt,
        result.Attempt,
        result.Details);
}

/// <summary>The five facts of a run's cancel, never collapsed into one.</summary>
public sealed record RunCancelView(
    Guid CancelId,
    Actor Actor,
    CancelVia Via,
    CancelCause Cause,
    string? Reason,
    bool Forced,
    Guid? SupersededBy,
    DateTimeOffset RequestedAt,
    DateTimeOffset? DeliveredAt,
    DeliveryChannel? Channel,
    DateTimeOffset? AcknowledgedAt,
    DateTimeOffset? StoppedAt,
    DateTimeOffset? SettledAt,
    AbortManner? How,
    int? ExitCode,
    string? Signal,
    long? DurationMs,
    StopEvidence? Evidence,
    bool Expired)
{
    public static RunCancelView Of(Cancel cancel, RunCancel facts) => new(
        cancel.CancelId,
        cancel.Actor,
        cancel.Via,
        cancel.Cause,
        cancel.Reason,
        facts.Forced,
        cancel.SupersededBy,
        facts.RequestedAt,
        facts.DeliveredAt,
        facts.Channel,
        facts.AcknowledgedAt,
        facts.StoppedAt,
        facts.SettledAt,
        facts.How,
        facts.ExitCode,
        facts.Signal,
        facts.DurationMs,
        facts.Evidence,
        facts.Expired);
}
