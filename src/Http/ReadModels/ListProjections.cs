using Ledger.Projections.Rebuild;

namespace Ledger.Http.ReadModels;

/// <summary>Where the projections stand, why one has stopped, and what was done to them lately.</summary>
public static class ListProjectionsEndpoint
{
    private const int ActionsOfEach = 5;

    [WolverineGet("/ledger/projections"), Authorize(Scopes.Operator), Tags("Projections")]
    [EndpointSummary("Where each projection stands, how far it is behind, and how its rebuild goes.")]
    public static async Task<EntryList<ProjectionView>> Get(ReadModelOperations projections, CancellationToken cancellation)
    {
        var actions = await projections.ActionsAsync(ActionsOfEach, cancellation);
        return new([.. (await projections.StatusAsync(cancellation)).Select(status => ProjectionView.Of(status, actions[status.Name]))]);
    }
}

/// <summary>One projection.</summary>
/// <param name="Position">The last event that is in its rows.</param>
/// <param name="Lag">How many events it is behind.</param>
/// <param name="State">What it is doing, seen from this host.</param>
/// <param name="Owner">The host that keeps it.</param>
/// <param name="LastUpdated">When its position last changed.</param>
/// <param name="Progress">How it catches up; null when it is not behind.</param>
/// <param name="Error">Why it stopped; null unless it has.</param>
/// <param name="Rebuild">Its last rebuild; null when there was none.</param>
/// <param name="Actions">What was done to it by hand lately, newest first.</param>
public sealed record ProjectionView(
    string Name,
    int Version,
    long Position,
    long Lag,
    ProjectionState State,
    string? Owner,
    DateTimeOffset? LastUpdated,
    ProjectionProgress? Progress,
    ProjectionError? Error,
    ProjectionRebuild? Rebuild,
    IReadOnlyList<ProjectionActionView> Actions)
{
    public static ProjectionView Of(ProjectionStatus status, IEnumerable<ProjectionAction> actions) => new(
        status.Name,
        status.Version,
        status.Position,
        status.Lag,
        status.State,
        status.Owner,
        status.UpdatedAt,
        status.Lag > 0 ? new ProjectionProgress(status.Position, status.Head) : null,
        status.Stopped,
        status.Rebuild,
        [.. actions.Select(ProjectionActionView.Of)]);
}

/// <summary>How a projection catches up.</summary>
/// <param name="Head">The last event that there is.</param>
public sealed record ProjectionProgress(long Position, long Head);
