using Ledger.Projections.CheckStatus;

namespace Ledger.Http.Checkly;

/// <summary>Lists, reads and removes registered checks. How many there are stands in <c>Content-Range</c> alone, as the vendor has it.</summary>
public static class RegisteredCheckEndpoints
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
    public static async Task<IReadOnlyList<RegisteredCheck>> List(
        HttpContext context,
        Caller caller,
        IQuerySession documents,
        CheckStatusReader statuses,
        Freshness freshness,
        PublicLocations locations,
        CancellationToken cancellation)
    {
        var (limit, _, offset) = QueryValues.Page(context.Request);
        var tags = QueryArrays.Read(context.Request.Query, "tag");
        var checkType = QueryValues.Word(context.Request, "checkType", CheckTypes.Known);
        var search = context.Request.Text("search");
        var status = QueryValues.Word(context.Request, "status", ["passing", "failing", "degraded"]);
        var standings = new Dictionary<Guid, string>();
        if (status is not null)
        {
            caller.RequireWholeAccount();
            await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, cancellation);
            standings = (await statuses.ListAsync(caller.AccountId, cancellation))
                .ToDictionary(standing => standing.CheckId, WordOf);
        }

        var found = (await documents.ChecksAsync(cancellation)).Where(check =>
            tags.All(check.Tags.Contains)
            && (checkType is null || check.CheckType == checkType)
            && (search is null || check.Name.Contains(search, StringComparison.OrdinalIgnoreCase))
            && (status is null || standings.GetValueOrDefault(check.Id) == status)).ToList();
        var page = offset < found.Count ? found.Skip((int)offset).Take(limit).ToList() : [];
        context.Response.SetContentRange(offset, page.Count, found.Count);
        var whole = await documents.WholeChecksAsync(page.Select(check => check.Id), cancellation);
        return [.. whole.Select(check => new RegisteredCheck(check, locations))];
    }

    [WolverineGet("/v1/checks/{checkId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Reads one registered check.")]
    public static async Task<RegisteredCheck> Read(
        string checkId, IQuerySession documents, PublicLocations locations, CancellationToken cancellation) =>
        await documents.LoadAsync<Check>(Inputs.Uuid(nameof(checkId), checkId), cancellation) is { } check
            ? new RegisteredCheck(check, locations)
            : throw RequestRejected.NotFound("Not Found");

    [WolverineDelete("/v1/checks/{checkId}"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Removes a registered check; its sessions and results stay.")]
    public static async Task Delete(string checkId, IDocumentSession documents, CancellationToken cancellation)
    {
        var check = await documents.LoadAsync<Check>(Inputs.Uuid(nameof(checkId), checkId), cancellation)
            ?? throw RequestRejected.NotFound("Not Found");
        documents.Delete(check);
        await documents.SaveChangesAsync(cancellation);
    }

    /// <summary>As the vendor's client reads a status.</summary>
    private static string WordOf(CheckStanding standing) => standing switch
    {
        { HasFailures: true } or { HasErrors: true } => "failing",
        { IsDegraded: true } => "degraded",
        _ => "passing",
    };
}

/// <summary>A registered check as this dialect shows it. What the ledger knows nothing of is null, false or empty.</summary>
public sealed class RegisteredCheck(Check check, PublicLocations locations)
{
    public Guid Id => check.Id;
    public string Name => check.Name;
    public string? Description => null;
    public string CheckType => check.CheckType;
    public bool Activated => check.Activated;
    public bool Muted => false;

    /// <summary>Always absent, since it is described as a number: the ledger schedules nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Frequency => null;
    public IReadOnlyList<string> Locations => [.. check.Locations.Where(locations.Contains)];
    public IReadOnlyList<string> PrivateLocations => [.. check.Locations.Where(location => !locations.Contains(location))];
    public IReadOnlyList<string> Tags => check.Tags;
    public long? MaxResponseTime => check.MaxResponseTime;
    public long? DegradedResponseTime => check.DegradedResponseTime;
    public long? GroupId => null;
    public int? GroupOrder => null;

    /// <summary>Always null, which is the account's own.</summary>
    public string? RuntimeId => null;
    public string? ScriptPath => null;

    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAt => check.CreatedAt;

    [JsonPropertyName("updated_at")]
    public DateTimeOffset? UpdatedAt => check.UpdatedAt;

    /// <summary>What an API check asks for, from the spec's <c>apiRequest</c>; absent for every other check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CheckRequest? Request => check.Spec.Member("apiRequest") is var request && request.Text("url") is { } url
        ? new CheckRequest(request.Text("method") ?? HttpMethods.Get, url)
        : null;

    /// <summary>The code of a check that is a script; absent for every other check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Script => check.CheckType is "BROWSER" or "MULTI_STEP" ? SpecSecrets.Shown(check.Spec).Text("script") ?? "" : null;
}

/// <summary>What an API check asks for.</summary>
public sealed record CheckRequest(string Method, string Url);
