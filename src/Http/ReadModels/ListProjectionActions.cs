namespace Ledger.Http.ReadModels;

/// <summary>What was done to a projection by hand, and what came of it.</summary>
public static class ListProjectionActionsEndpoint
{
    [WolverineGet("/ledger/projections/{name}/actions"), Authorize(Scopes.Operator), Tags("Projections")]
    [EndpointSummary("What was done to a projection by hand, newest first.")]
    public static async Task<Page<ProjectionActionView>> Get(
        string name, ReadModelOperations projections, HttpRequest request, CancellationToken cancellation)
    {
        var limit = request.Limit();
        var before = request.NumberCursor() ?? long.MaxValue;
        ProjectionCommands.RejectUnknown(projections, name);
        var actions = await projections.ActionsAsync(name, limit, before, cancellation);
        return new(
            [.. actions.Select(ProjectionActionView.Of)],
            actions.Count == limit ? actions[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }
}

/// <summary>Something that was done to a projection by hand, or came of it.</summary>
/// <param name="Action"><c>retry</c>, <c>skip</c>, <c>rebuild</c>, <c>rebuilt</c>, <c>rebuildFailed</c> or <c>discard</c>.</param>
/// <param name="Position">The event that it is about, or the position that it was done at.</param>
/// <param name="Error">What stood in its way.</param>
/// <param name="Reason">Why, or with what result.</param>
public sealed record ProjectionActionView(
    string Action, string Actor, DateTimeOffset At, long? Position, string? Error, string? Reason)
{
    public static ProjectionActionView Of(ProjectionAction action) =>
        new(action.Action, action.Actor, action.At, action.Position, action.Error, action.Reason);
}
