using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Streams;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>Lists the results of a check in version 1: pages by number, within six hours.</summary>
public static class ListCheckResultsV1Endpoint
{
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
    public static async Task<IReadOnlyList<CheckResult>> Get(
        string checkId, HttpRequest request, Caller caller, CheckResults results, TimeProvider clock, CancellationToken cancellation)
    {
        var query = CheckResultFilter.ReadPage(request, caller, Inputs.Uuid(nameof(checkId), checkId), clock.GetUtcNow());
        return (await results.ListAsync(caller, query, cancellation)).Results;
    }
}

/// <summary>Lists the results of a check in version 2: pages by cursor, over any range.</summary>
public static class ListCheckResultsV2Endpoint
{
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
    [ProducesResponseType<CheckResultList<CheckResult>>(StatusCodes.Status200OK)]
    public static async Task<IResult> Get(
        string checkId, HttpRequest request, Caller caller, CheckResults results, CancellationToken cancellation)
    {
        var query = CheckResultFilter.ReadAfter(request, caller, Inputs.Uuid(nameof(checkId), checkId));
        var fields = CheckResultFields.Read(request);
        var (found, next) = await results.ListAsync(caller, query, cancellation);
        return fields is null
            ? TypedResults.Json(new CheckResultList<CheckResult>(found.Count, found, next?.ToString()), Json.Options)
            : TypedResults.Json(new CheckResultList<JsonObject>(found.Count, [.. found.Select(fields.Of)], next?.ToString()), Json.Options);
    }
}

/// <summary>Reads one result of a check.</summary>
public static class ReadCheckResultEndpoint
{
    [WolverineGet("/v1/check-results/{checkId}/{checkResultId}"), Authorize(Scopes.Read), RateLimit("check-results", 60, 60)]
    [Errors(400, 401, 403, 404, 429), Tags("Checkly: check results")]
    [EndpointSummary("Reads one result of a check.")]
    public static async Task<CheckResult> Get(
        string checkId, string checkResultId, Caller caller, CheckResults results, CancellationToken cancellation) =>
        await results.FindAsync(
            caller, Inputs.Uuid(nameof(checkId), checkId), Inputs.Uuid(nameof(checkResultId), checkResultId), cancellation)
            ?? throw RequestRejected.NotFound("Not Found");
}

/// <summary>
/// Reads the results of a check. Which there are is the projection's to say, once it has come to the end of the log; what they look like is
/// read from their sessions' streams.
/// </summary>
public sealed class CheckResults(CheckResultsReader results, Freshness freshness, SessionWriter sessions)
{
    /// <summary>A page, and where the next one begins.</summary>
    /// <exception cref="Store.StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<(IReadOnlyList<CheckResult> Results, TimeCursor? Next)> ListAsync(
        Caller caller, CheckResultsQuery query, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, cancellation);
        if (query.Project is not null)
        {
            await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        }

        var page = await Database.RunAsync(() => results.ListAsync(query, cancellation));
        return (await ShowAsync(caller, page.Results, cancellation), page.Next);
    }

    /// <summary>One result; null when the caller sees none of that id.</summary>
    /// <exception cref="Store.StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<CheckResult?> FindAsync(Caller caller, Guid checkId, Guid resultId, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, cancellation);
        var listed = await Database.RunAsync(
            () => results.FindAsync(caller.AccountId, checkId, resultId, ResultIds.Derived(resultId), cancellation));
        return listed is null ? null : (await ShowAsync(caller, [listed], cancellation)).SingleOrDefault();
    }

    private async Task<IReadOnlyList<CheckResult>> ShowAsync(
        Caller caller, IReadOnlyList<ListedResult> listed, CancellationToken cancellation)
    {
        var ids = listed.Select(result => result.SessionId).Distinct().ToList();
        var found = (await sessions.ReadManyAsync(caller, ids, cancellation)).ToDictionary(snapshot => snapshot.Session.Id);
        return [.. listed.Where(result => found.ContainsKey(result.SessionId)).Select(result => CheckResult.Of(found[result.SessionId].Session, result))];
    }
}

/// <summary>A result of a check.</summary>
/// <param name="Id">Its id, the same as in its check session.</param>
/// <param name="Name">What the run was called.</param>
/// <param name="CheckId">The check.</param>
/// <param name="HasFailures">Whether it failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="IsCancelled">Whether it was cancelled; then none of the three before.</param>
/// <param name="OverMaxResponseTime">Whether it took longer than the check allows.</param>
/// <param name="RunLocation">Where it ran.</param>
/// <param name="StartedAt">Null for a run that never started.</param>
/// <param name="StoppedAt">When it ended.</param>
/// <param name="CreatedAt">When the ledger learnt of it.</param>
/// <param name="ResponseTime">In milliseconds; 0 for a run that never started, since the member is not nullable.</param>
/// <param name="CheckRunId">The position of the event that brought it.</param>
/// <param name="Attempts">How many tries it took, this one included.</param>
/// <param name="ResultType">A failed try, or the run as a whole.</param>
/// <param name="SequenceId">The run, the same for all its tries.</param>
/// <param name="TraceId">Always null: the ledger keeps no traces of the checked application.</param>
/// <param name="ErrorGroupIds">Always empty: the ledger groups no errors.</param>
public sealed record CheckResult(
    Guid Id,
    string Name,
    Guid CheckId,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    bool IsCancelled,
    bool OverMaxResponseTime,
    string RunLocation,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    long ResponseTime,
    long CheckRunId,
    int Attempts,
    ResultType ResultType,
    Guid SequenceId,
    string? TraceId,
    IReadOnlyList<Guid> ErrorGroupIds)
{
    public JsonElement? ApiCheckResult { get; private init; }

    public JsonElement? BrowserCheckResult { get; private init; }

    public JsonElement? MultiStepCheckResult { get; private init; }

    public JsonElement? AgenticCheckResult { get; private init; }

    public JsonElement? PlaywrightCheckResult { get; private init; }

    public JsonElement? TracerouteCheckResult { get; private init; }

    public JsonElement? GrpcCheckResult { get; private init; }

    public JsonElement? SslCheckResult { get; private init; }

    /// <summary>The result that the list names, as its session's stream tells it.</summary>
    public static CheckResult Of(Session session, ListedResult listed)
    {
        var run = session.FindRun(listed.SequenceId)
            ?? throw new InvalidOperationException($"Session {session.Id} has no run {listed.SequenceId}.");
        var result = listed.ResultType is ResultType.Final
            ? RunResult.Of(session.Kind, run)
            : RunResult.AttemptsOf(run).First(attempt => attempt.Id == listed.ReportId);
        var details = new ResultDetails(result);
        return new CheckResult(
            result.Id,
            run.Plan.Name,
            CheckIds.Of(run),
            result.HasFailures,
            result.HasErrors,
            result.IsDegraded,
            result.IsCancelled,
            result.OverMaxResponseTime,
            run.Plan.Location,
            result.StartedAt,
            result.StoppedAt,
            listed.CreatedAt,
            result.ResponseTime ?? 0,
            listed.Position,
            result.Attempts,
            listed.ResultType,
            run.SequenceId,
            null,
            [])
        {
            ApiCheckResult = details.Api,
            BrowserCheckResult = details.Browser,
            MultiStepCheckResult = details.MultiStep,
            AgenticCheckResult = details.Agentic,
            PlaywrightCheckResult = details.Playwright,
            TracerouteCheckResult = details.Traceroute,
            GrpcCheckResult = details.Grpc,
            SslCheckResult = details.Ssl,
        };
    }
}

/// <summary>A page of results, newest first.</summary>
/// <typeparam name="T">A <see cref="CheckResult"/>, or the members of it that were asked for.</typeparam>
/// <param name="Length">Entries on this page.</param>
/// <param name="Entries">The results.</param>
/// <param name="NextId">Where the next page begins; null when there is none.</param>
public sealed record CheckResultList<T>(int Length, IReadOnlyList<T> Entries, string? NextId);

/// <summary>Reads the query of a list of results.</summary>
public static class CheckResultFilter
{
    private const string AllTypes = "ALL";

    /// <summary>How far apart <c>from</c> and <c>to</c> may be in version 1.</summary>
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(6);

    private static readonly Dictionary<string, ResultType?> ResultTypes = new(StringComparer.Ordinal)
    {
        ["FINAL"] = ResultType.Final,
        ["ATTEMPT"] = ResultType.Attempt,
        [AllTypes] = null,
    };

    /// <summary>Version 1: pages by number, within six hours.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static CheckResultsQuery ReadPage(HttpRequest request, Caller caller, Guid checkId, DateTimeOffset now)
    {
        var (from, to) = QueryValues.Range(request, LongestRange, now);
        return Read(request, caller, checkId) with { Offset = QueryValues.Page(request).Offset, From = from, To = to };
    }

    /// <summary>Version 2: pages by cursor, over any range.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static CheckResultsQuery ReadAfter(HttpRequest request, Caller caller, Guid checkId) =>
        Read(request, caller, checkId) with { After = Cursor(request) };

    private static CheckResultsQuery Read(HttpRequest request, Caller caller, Guid checkId) => new(caller.AccountId, checkId)
    {
        Project = caller.Project,
        Limit = QueryValues.Limit(request),
        Location = request.Query["location"].ToString() is { Length: > 0 } location ? location : null,
        CheckType = QueryValues.Word(request, "checkType", CheckTypes.Known),
        HasFailures = QueryValues.Flag(request, "hasFailures"),
        ResultType = ResultTypes[QueryValues.Word(request, "resultType", ResultTypes.Keys) ?? "FINAL"],
        From = QueryValues.UnixTime(request, "from"),
        To = QueryValues.UnixTime(request, "to"),
    };

    private static TimeCursor? Cursor(HttpRequest request)
    {
        if (!request.Query.ContainsKey("nextId"))
        {
            return null;
        }

        return TimeCursor.Parse(request.Query["nextId"])
            ?? throw RequestRejected.BadRequest("'nextId' must be the nextId of the page before.");
    }
}

/// <summary>The members of a result that a caller wants to see, and no others.</summary>
public sealed class CheckResultFields
{
    private const string Parameter = "fields";
    private const string CreatedAt = "created_at";
    private const string CreatedAtToo = "createdAt";

    private static readonly FrozenSet<string> Known =
        Json.Options.GetTypeInfo(typeof(CheckResult)).Properties.Select(member => member.Name).Append(CreatedAtToo)
            .ToFrozenSet(StringComparer.Ordinal);

    private readonly FrozenSet<string> names;

    private CheckResultFields(IReadOnlyList<string> names) => this.names = names.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What was asked for; null for everything.</summary>
    /// <exception cref="RequestRejected">400 for a name that no member has.</exception>
    public static CheckResultFields? Read(HttpRequest request)
    {
        var names = QueryArrays.Read(request.Query, Parameter);
        if (names.FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"'{Parameter}' names '{unknown}', which a check result does not have.");
        }

        return names.Count == 0 ? null : new CheckResultFields(names);
    }

    /// <summary>These members of a result.</summary>
    public JsonObject Of(CheckResult result)
    {
        var all = JsonSerializer.SerializeToNode(result, Json.Options)!.AsObject();
        var some = new JsonObject();
        foreach (var (name, value) in all)
        {
            if (names.Contains(name))
            {
                some[name] = value?.DeepClone();
            }
        }

        if (names.Contains(CreatedAtToo))
        {
            some[CreatedAtToo] = all[CreatedAt]!.DeepClone();
        }

        return some;
    }
}

/// <summary>Lists how checks stand. A check of which no run counts has no status.</summary>
public static class ListCheckStatusesEndpoint
{
    [WolverineGet("/v1/check-statuses"), Authorize(Scopes.Read), Errors(401, 403, 429), Tags("Checkly: check statuses")]
    [EndpointSummary("How every check stands whose runs were not all cancelled.")]
    public static async Task<IReadOnlyList<CheckStatus>> Get(
        Caller caller, CheckStatusReader statuses, Freshness freshness, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, cancellation);
        var standings = await Database.RunAsync(() => statuses.ListAsync(caller.AccountId, cancellation));
        var names = (await documents.ChecksAsync(cancellation)).ToDictionary(check => check.Id, check => check.Name);
        return [.. standings.Select(standing => CheckStatus.Of(standing, names.GetValueOrDefault(standing.CheckId)))];
    }
}

/// <summary>Reads how one check stands.</summary>
public static class ReadCheckStatusEndpoint
{
    [WolverineGet("/v1/check-statuses/{checkId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: check statuses")]
    [EndpointSummary("How one check stands.")]
    public static async Task<CheckStatus> Get(
        string checkId, Caller caller, CheckStatusReader statuses, Freshness freshness, IQuerySession documents, CancellationToken cancellation)
    {
        var id = Inputs.Uuid(nameof(checkId), checkId);
        caller.RequireWholeAccount();
        await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, cancellation);
        var standing = await Database.RunAsync(() => statuses.FindAsync(caller.AccountId, id, cancellation))
            ?? throw RequestRejected.NotFound("Not Found");
        return CheckStatus.Of(standing, (await documents.LoadAsync<Check>(id, cancellation))?.Name);
    }
}

/// <summary>How a check stands.</summary>
/// <param name="Name">As it is registered; else what its last session called it.</param>
/// <param name="CheckId">The check.</param>
/// <param name="HasFailures">Whether the last run that counts failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="LongestRun">In milliseconds.</param>
/// <param name="ShortestRun">In milliseconds.</param>
/// <param name="LastRunLocation">Where that run ran.</param>
/// <param name="LastCheckRunId">The <c>checkRunId</c> of its result; as text, which is what clients expect here.</param>
/// <param name="SslDaysRemaining">Always null: the ledger looks into no certificate.</param>
/// <param name="CreatedAt">The day of the first run that counts.</param>
/// <param name="UpdatedAt">When the last one was settled.</param>
public sealed record CheckStatus(
    string Name,
    Guid CheckId,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    long? LongestRun,
    long? ShortestRun,
    string LastRunLocation,
    string LastCheckRunId,
    int? SslDaysRemaining,
    [property: JsonPropertyName("created_at")] DateOnly CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset UpdatedAt)
{
    public static CheckStatus Of(CheckStanding standing, string? registeredName) => new(
        registeredName ?? standing.Name,
        standing.CheckId,
        standing.HasFailures,
        standing.HasErrors,
        standing.IsDegraded,
        standing.LongestRun,
        standing.ShortestRun,
        standing.LastLocation,
        FormattableString.Invariant($"{standing.LastPosition}"),
        null,
        DateOnly.FromDateTime(standing.CreatedAt.UtcDateTime),
        standing.UpdatedAt);
}
