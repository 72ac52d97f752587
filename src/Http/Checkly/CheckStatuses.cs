using Ledger.Projections.CheckStatus;

namespace Ledger.Http.Checkly;

/// <summary>How checks stand. A check of which no run counts has no status.</summary>
public static class CheckStatusEndpoints
{
    [WolverineGet("/v1/check-statuses"), Authorize(Scopes.Read), Errors(401, 403, 429), Tags("Checkly: check statuses")]
    [EndpointSummary("How every check stands whose runs were not all cancelled.")]
    public static async Task<IReadOnlyList<CheckStatus>> List(
        Caller caller, CheckStatusReader statuses, Freshness freshness, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, cancellation);
        var standings = await statuses.ListAsync(caller.AccountId, cancellation);
        var names = (await documents.ChecksAsync(cancellation)).ToDictionary(check => check.Id, check => check.Name);
        return [.. standings.Select(standing => new CheckStatus(standing, names.GetValueOrDefault(standing.CheckId)))];
    }

    [WolverineGet("/v1/check-statuses/{checkId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: check statuses")]
    [EndpointSummary("How one check stands.")]
    public static async Task<CheckStatus> Read(
        string checkId, Caller caller, CheckStatusReader statuses, Freshness freshness, IQuerySession documents, CancellationToken cancellation)
    {
        var id = Inputs.Uuid(nameof(checkId), checkId);
        caller.RequireWholeAccount();
        await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, cancellation);
        var standing = await statuses.FindAsync(caller.AccountId, id, cancellation)
            ?? throw RequestRejected.NotFound("Not Found");
        return new CheckStatus(standing, (await documents.LoadAsync<Check>(id, cancellation))?.Name);
    }
}

/// <summary>How a check stands: how the last run that counts went.</summary>
public sealed class CheckStatus(CheckStanding standing, string? registeredName)
{
    /// <summary>As it is registered; else what its last session called it.</summary>
    public string Name => registeredName ?? standing.Name;
    public Guid CheckId => standing.CheckId;
    public bool HasFailures => standing.HasFailures;
    public bool HasErrors => standing.HasErrors;
    public bool IsDegraded => standing.IsDegraded;
    public long? LongestRun => standing.LongestRun;
    public long? ShortestRun => standing.ShortestRun;
    public string LastRunLocation => standing.LastLocation;

    /// <summary>The <c>checkRunId</c> of its result; as text, which is what clients expect here.</summary>
    public string LastCheckRunId => FormattableString.Invariant($"{standing.LastPosition}");

    /// <summary>Always null: the ledger looks into no certificate.</summary>
    public int? SslDaysRemaining => null;

    /// <summary>The day of the first run that counts.</summary>
    [JsonPropertyName("created_at")]
    public DateOnly CreatedAt => DateOnly.FromDateTime(standing.CreatedAt.UtcDateTime);

    /// <summary>When the last one was settled.</summary>
    [JsonPropertyName("updated_at")]
    public DateTimeOffset UpdatedAt => standing.UpdatedAt;
}
