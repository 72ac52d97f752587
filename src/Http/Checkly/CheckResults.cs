using System.Collections.Frozen;
using Ledger.Projections;
using Ledger.Projections.CheckResults;

namespace Ledger.Http.Checkly;

/// <summary>Lists and reads the results of a check: version 1 in pages by number, within six hours, version 2 by cursor, over any range.</summary>
public static class CheckResultEndpoints
{
    private const string CreatedAt = "created_at";
    private const string CreatedAtToo = "createdAt";

    /// <summary>How far apart <c>from</c> and <c>to</c> may be in version 1.</summary>
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(6);

    private static readonly Dictionary<string, ResultType?> ResultTypes = new(StringComparer.Ordinal)
    {
        ["FINAL"] = ResultType.Final,
        ["ATTEMPT"] = ResultType.Attempt,
        ["ALL"] = null,
    };

    private static readonly FrozenSet<string> Fields = Json.Options.GetTypeInfo(typeof(CheckResult)).Properties
        .Select(member => member.Name)
        .Append(CreatedAtToo)
        .ToFrozenSet(StringComparer.Ordinal);

    [WolverineGet("/v1/check-results/{checkId}"), Authorize(Scopes.Read), CostlyRead, RateLimit("check-results", 60, 60), Errors(400, 401, 403, 429)]
    [Tags("Checkly: check results")]
    [EndpointSummary("Lists the results of a check within six hours, newest first. Version 1, deprecated.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryText("location", "Where it ran.")]
    [QueryText("checkType", "The type of check.")]
    [QueryText("hasFailures", "true or false; both when absent.")]
    [QueryText("resultType", "FINAL, ATTEMPT or ALL; FINAL when absent.")]
    [QueryNumber("from", "Created at or after this time, in Unix seconds. The last 6 hours when absent; at most 6 hours before 'to'.")]
    [QueryNumber("to", "Created before this time, in Unix seconds.")]
    [QueryNumber("page", "From 1; 0 is 1.")]
    public static async Task<IReadOnlyList<CheckResult>> ListV1(
        string checkId, HttpRequest request, Caller caller, CheckResults results, TimeProvider clock, CancellationToken cancellation)
    {
        var (from, to) = QueryValues.Range(request, LongestRange, clock.GetUtcNow());
        var query = QueryOf(checkId, request, caller) with { Offset = QueryValues.Page(request).Offset, From = from, To = to };
        return (await results.ListAsync(caller, query, cancellation)).Results;
    }

    [WolverineGet("/v2/check-results/{checkId}"), Authorize(Scopes.Read), CostlyRead, RateLimit("check-results", 60, 60), Errors(400, 401, 403, 429)]
    [Tags("Checkly: check results")]
    [EndpointSummary("Lists the results of a check, newest first. Version 2.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryText("location", "Where it ran.")]
    [QueryText("checkType", "The type of check.")]
    [QueryText("hasFailures", "true or false; both when absent.")]
    [QueryText("resultType", "FINAL, ATTEMPT or ALL; FINAL when absent.")]
    [QueryNumber("from", "Created at or after this time, in Unix seconds. Since ever when absent.")]
    [QueryNumber("to", "Created before this time, in Unix seconds.")]
    [QueryText("nextId", "The nextId of the page before.")]
    [QueryText("fields", "The members to write; all when absent.", IsArray = true)]
    [ProducesResponseType<CursorPage<CheckResult>>(StatusCodes.Status200OK)]
    public static async Task<IResult> ListV2(
        string checkId, HttpRequest request, Caller caller, CheckResults results, CancellationToken cancellation)
    {
        var query = QueryOf(checkId, request, caller) with { After = QueryValues.Cursor(request, TimeCursor.Parse) };
        var fields = QueryArrays.Read(request.Query, "fields");
        if (fields.FirstOrDefault(name => !Fields.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"'fields' names '{unknown}', which a check result does not have.");
        }

        var (found, next) = await results.ListAsync(caller, query, cancellation);
        return fields.Count == 0
            ? TypedResults.Json(new CursorPage<CheckResult>(found.Count, found, next?.ToString()), Json.Options)
            : TypedResults.Json(new CursorPage<JsonObject>(found.Count, [.. found.Select(result => Only(fields, result))], next?.ToString()), Json.Options);
    }

    [WolverineGet("/v1/check-results/{checkId}/{checkResultId}"), Authorize(Scopes.Read), RateLimit("check-results", 60, 60)]
    [Errors(400, 401, 403, 404, 429), Tags("Checkly: check results")]
    [EndpointSummary("Reads one result of a check.")]
    public static async Task<CheckResult> Read(
        string checkId, string checkResultId, Caller caller, CheckResults results, CancellationToken cancellation) =>
        await results.FindAsync(
            caller, Inputs.Uuid(nameof(checkId), checkId), Inputs.Uuid(nameof(checkResultId), checkResultId), cancellation)
            ?? throw RequestRejected.NotFound("Not Found");

    private static CheckResultsQuery QueryOf(string checkId, HttpRequest request, Caller caller) =>
        new(caller.AccountId, Inputs.Uuid(nameof(checkId), checkId))
        {
            Project = caller.Project,
            Limit = request.Limit(10),
            Location = request.Text("location"),
            CheckType = QueryValues.Word(request, "checkType", CheckTypes.Known),
            HasFailures = QueryValues.Flag(request, "hasFailures"),
            ResultType = ResultTypes[QueryValues.Word(request, "resultType", ResultTypes.Keys) ?? "FINAL"],
            From = QueryValues.UnixTime(request, "from"),
            To = QueryValues.UnixTime(request, "to"),
        };

    /// <summary>Some members of a result, and no others. The time of its creation has a second name here.</summary>
    private static JsonObject Only(IReadOnlyList<string> fields, CheckResult result)
    {
        var all = JsonSerializer.SerializeToNode(result, Json.Options)!.AsObject();
        all[CreatedAtToo] = all[CreatedAt]!.DeepClone();
        all.Select(member => member.Key).Except(fields).ToList().ForEach(name => all.Remove(name));
        return all;
    }
}

/// <summary>
/// Reads the results of a check. Which there are is the projection's to say, once it has come to the end of the log; what they look like is
/// read from the events that brought them: no session is folded for it, but for the runs that are shown.
/// </summary>
public sealed class CheckResults(CheckResultsReader results, Freshness freshness, EventLog log)
{
    /// <summary>A page, and where the next one begins.</summary>
    public async Task<(IReadOnlyList<CheckResult> Results, TimeCursor? Next)> ListAsync(
        Caller caller, CheckResultsQuery query, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(caller, CheckResultsReader.ProjectionName, cancellation);
        var page = await results.ListAsync(query, cancellation);
        return (await ShowAsync(caller, page.Results, cancellation), page.Next);
    }

    /// <summary>One result; null when the caller sees none of that id.</summary>
    public async Task<CheckResult?> FindAsync(Caller caller, Guid checkId, Guid resultId, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, cancellation);
        var listed = await results.FindAsync(caller.AccountId, checkId, resultId, ResultIds.Derived(resultId), cancellation);
        return listed is null ? null : (await ShowAsync(caller, [listed], cancellation)).SingleOrDefault();
    }

    private async Task<IReadOnlyList<CheckResult>> ShowAsync(
        Caller caller, IReadOnlyList<ListedResult> listed, CancellationToken cancellation)
    {
        var places = listed.Select(result => new ResultPlace(result.SessionId, result.SequenceId, result.Position, result.ReportId is not null));
        var events = await log.ReadResultsAsync(caller.AccountId, [.. places], cancellation);
        var sessions = events.GroupBy(recorded => recorded.Stream.SessionId)
            .Select(told => told.Aggregate((Session?)null, (session, recorded) => Session.Fold(session, recorded.Data))!)
            .Where(caller.Sees)
            .ToDictionary(session => session.Id);
        return [.. listed.Where(result => sessions.ContainsKey(result.SessionId)).Select(result => new CheckResult(sessions[result.SessionId], result))];
    }
}

/// <summary>A result of a check.</summary>
public sealed class CheckResult
{
    private readonly Run run;
    private readonly ListedResult listed;
    private readonly RunResult result;
    private readonly ResultDetails details;

    /// <summary>A result, of the session as far as it tells of the run.</summary>
    public CheckResult(Session session, ListedResult listed)
    {
        this.listed = listed;
        run = session.FindRun(listed.SequenceId)
            ?? throw new InvalidOperationException($"Session {session.Id} has no run {listed.SequenceId}.");
        result = listed.ResultType is ResultType.Final
            ? RunResult.Of(session.Kind, run)
            : RunResult.AttemptsOf(run).First(attempt => attempt.Id == listed.ReportId);
        details = new ResultDetails(result);
    }

    /// <summary>The same as in its check session.</summary>
    public Guid Id => result.Id;
    public string Name => run.Plan.Name;
    public Guid CheckId => CheckIds.Of(run);
    public bool HasFailures => result.HasFailures;
    public bool HasErrors => result.HasErrors;
    public bool IsDegraded => result.IsDegraded;
    public bool IsCancelled => result.IsCancelled;
    public bool OverMaxResponseTime => result.OverMaxResponseTime;
    public string RunLocation => run.Plan.Location;
    public DateTimeOffset? StartedAt => result.StartedAt;
    public DateTimeOffset? StoppedAt => result.StoppedAt;

    /// <summary>When the ledger learnt of it.</summary>
    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAt => listed.CreatedAt;

    /// <summary>In milliseconds; 0 for a run that never started, since the member is not nullable.</summary>
    public long ResponseTime => result.ResponseTime ?? 0;

    /// <summary>The position of the event that brought it.</summary>
    public long CheckRunId => listed.Position;

    /// <summary>How many tries it took, this one included.</summary>
    public int Attempts => result.Attempts;
    public ResultType ResultType => listed.ResultType;

    /// <summary>The run, the same for all its tries.</summary>
    public Guid SequenceId => run.SequenceId;

    /// <summary>Always null: the ledger keeps no traces of the checked application.</summary>
    public string? TraceId => null;
    public IReadOnlyList<Guid> ErrorGroupIds => [];
    public JsonElement? ApiCheckResult => details.Api;
    public JsonElement? BrowserCheckResult => details.Browser;
    public JsonElement? MultiStepCheckResult => details.MultiStep;
    public JsonElement? AgenticCheckResult => details.Agentic;
    public JsonElement? PlaywrightCheckResult => details.Playwright;
    public JsonElement? TracerouteCheckResult => details.Traceroute;
    public JsonElement? GrpcCheckResult => details.Grpc;
    public JsonElement? SslCheckResult => details.Ssl;
}
