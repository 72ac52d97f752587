using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.CheckStatus;
using Ledger.Secrets;
using Ledger.Sessions;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>Lists the registered checks. How many there are stands in <c>Content-Range</c> alone, as the vendor has it.</summary>
public static class ListRegisteredChecksEndpoint
{
    [WolverineGet("/v1/checks"), Authorize(Scopes.Read), Errors(400, 401, 403, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Lists the registered checks, by name. Content-Range tells how many there are.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1; 0 is 1.")]
    [QueryText("tag", "Tags that a check must have, all of them.", IsArray = true)]
    [QueryText("checkType", "The type of check.")]
    [QueryText("search", "A part of the name, in whichever case.")]
    [QueryText("status", "passing, failing or degraded.")]
    [QueryText("applyGroupSettings", "There are no groups: changes nothing.")]
    public static async Task<IReadOnlyList<RegisteredCheck>> Get(
        HttpContext context,
        Caller caller,
        IQuerySession documents,
        CheckStatusReader statuses,
        Freshness freshness,
        PublicLocations locations,
        CancellationToken cancellation)
    {
        var filter = CheckFilter.Read(context.Request);
        var standings = new Dictionary<Guid, CheckStanding>();
        if (filter.Status is not null)
        {
            caller.RequireWholeAccount();
            await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, cancellation);
            standings = (await Database.RunAsync(() => statuses.ListAsync(caller.AccountId, cancellation)))
                .ToDictionary(standing => standing.CheckId);
        }

        var found = (await documents.ChecksAsync(cancellation))
            .Where(check => filter.Matches(check, standings.GetValueOrDefault(check.Id)))
            .ToList();
        var first = (filter.Page - 1L) * filter.Limit;
        var page = first < found.Count ? found.Skip((int)first).Take(filter.Limit).ToList() : [];
        context.Response.Headers.ContentRange = ContentRange.Items(first, page.Count, found.Count);
        return [.. page.Select(check => RegisteredCheck.Of(check, locations))];
    }
}

/// <summary>Reads one registered check.</summary>
public static class ReadRegisteredCheckEndpoint
{
    [WolverineGet("/v1/checks/{checkId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Reads one registered check.")]
    public static async Task<RegisteredCheck> Get(
        string checkId, Caller caller, IQuerySession documents, PublicLocations locations, CancellationToken cancellation) =>
        await documents.LoadAsync<Check>(Inputs.Uuid(nameof(checkId), checkId), cancellation) is { } check
            ? RegisteredCheck.Of(check, locations)
            : throw RequestRejected.NotFound("Not Found");
}

/// <summary>Removes a registered check. What was recorded of it stays.</summary>
public static class DeleteRegisteredCheckEndpoint
{
    [WolverineDelete("/v1/checks/{checkId}"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Removes a registered check; its sessions and results stay.")]
    public static async Task Delete(string checkId, IDocumentSession documents, CancellationToken cancellation)
    {
        var check = await documents.LoadAsync<Check>(Inputs.Uuid(nameof(checkId), checkId), cancellation)
            ?? throw RequestRejected.NotFound("Not Found");
        documents.Delete(check);
        await documents.SaveChangesAsync(cancellation);
    }
}

/// <summary>Which checks to list. Each filter narrows, several tags as well: a check must have all of them.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Entries of a page.</param>
/// <param name="Tags">Tags that it must have.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Search">A part of its name, in whichever case.</param>
/// <param name="Status">How it must stand: passing, failing or degraded.</param>
public sealed record CheckFilter(int Page, int Limit, IReadOnlyList<string> Tags, string? CheckType, string? Search, string? Status)
{
    private const string Passing = "passing";
    private const string Failing = "failing";
    private const string Degraded = "degraded";

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static CheckFilter Read(HttpRequest request) => new(
        QueryValues.Page(request).Page,
        QueryValues.Limit(request),
        QueryArrays.Read(request.Query, "tag"),
        QueryValues.Word(request, "checkType", CheckTypes.Known),
        request.Query["search"].ToString() is { Length: > 0 } search ? search : null,
        QueryValues.Word(request, "status", [Passing, Failing, Degraded]));

    /// <summary>Whether a check is meant.</summary>
    /// <param name="check">The check.</param>
    /// <param name="standing">How it stands; null when no run of it counts, and when <see cref="Status"/> does not ask.</param>
    public bool Matches(Check check, CheckStanding? standing) =>
        Tags.All(check.Tags.Contains)
        && (CheckType is null || check.CheckType == CheckType)
        && (Search is null || check.Name.Contains(Search, StringComparison.OrdinalIgnoreCase))
        && (Status is null || (standing is not null && WordOf(standing) == Status));

    /// <summary>As the vendor's client reads a status.</summary>
    private static string WordOf(CheckStanding standing) => standing switch
    {
        { HasFailures: true } or { HasErrors: true } => Failing,
        { IsDegraded: true } => Degraded,
        _ => Passing,
    };
}

/// <summary>A registered check as this dialect shows it. What the ledger knows nothing of is null, false or empty.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Description">Always null.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Activated">Whether a trigger may select it.</param>
/// <param name="Muted">Always false.</param>
/// <param name="Frequency">Always absent, since it is described as a number: the ledger schedules nothing.</param>
/// <param name="Locations">Its public locations.</param>
/// <param name="PrivateLocations">Its other locations, by slug.</param>
/// <param name="Tags">What triggers select by.</param>
/// <param name="MaxResponseTime">From this many milliseconds on a run has failed; null for never.</param>
/// <param name="DegradedResponseTime">From this many milliseconds on a run is degraded; null for never.</param>
/// <param name="GroupId">Always null: there are no groups.</param>
/// <param name="GroupOrder">Always null.</param>
/// <param name="RuntimeId">Always null, which is the account's own.</param>
/// <param name="ScriptPath">Always null.</param>
/// <param name="CreatedAt">When it was first registered.</param>
/// <param name="UpdatedAt">When it was registered last.</param>
public sealed record RegisteredCheck(
    Guid Id,
    string Name,
    string? Description,
    string CheckType,
    bool Activated,
    bool Muted,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Frequency,
    IReadOnlyList<string> Locations,
    IReadOnlyList<string> PrivateLocations,
    IReadOnlyList<string> Tags,
    long? MaxResponseTime,
    long? DegradedResponseTime,
    long? GroupId,
    int? GroupOrder,
    string? RuntimeId,
    string? ScriptPath,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset? UpdatedAt)
{
    /// <summary>What an API check asks for; absent for every other check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CheckRequest? Request { get; private init; }

    /// <summary>The code of a check that is a script; absent for every other check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Script { get; private init; }

    public static RegisteredCheck Of(Check check, PublicLocations locations) => new(
        check.Id,
        check.Name,
        null,
        check.CheckType,
        check.Activated,
        false,
        null,
        [.. check.Locations.Where(locations.Contains)],
        [.. check.Locations.Where(location => !locations.Contains(location))],
        check.Tags,
        check.MaxResponseTime,
        check.DegradedResponseTime,
        null,
        null,
        null,
        null,
        check.CreatedAt,
        check.UpdatedAt)
    {
        Request = CheckRequest.Of(check),
        Script = check.CheckType is "BROWSER" or "MULTI_STEP" ? SpecSecrets.Shown(check.Spec).Text("script") ?? "" : null,
    };
}

/// <summary>What an API check asks for.</summary>
public sealed record CheckRequest(string Method, string Url)
{
    /// <summary>From the spec's <c>apiRequest</c>; null for a check without one.</summary>
    public static CheckRequest? Of(Check check) =>
        check.Spec is { ValueKind: JsonValueKind.Object } spec
        && spec.TryGetProperty("apiRequest", out var request)
        && request.ValueKind is JsonValueKind.Object
        && Text(request, "url") is { } url
            ? new CheckRequest(Text(request, "method") ?? HttpMethods.Get, url)
            : null;

    private static string? Text(JsonElement members, string name) =>
        members.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
