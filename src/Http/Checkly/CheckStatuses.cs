using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.CheckStatus;
using Marten;

namespace Ledger.Http.Checkly;

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
