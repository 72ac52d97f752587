using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.Daemon;

namespace Ledger.Http.ReadModels;

/// <summary>What was done to a projection by hand, and what came of it.</summary>
public static class ListProjectionActionsEndpoint
{
    private const int LargestPage = 100;

    [WolverineGet("/ledger/projections/{name}/actions"), Authorize(Scopes.Operator), Tags("Projections")]
    [EndpointSummary("What was done to a projection by hand, newest first.")]
    public static async Task<ProjectionActionList> Get(
        string name, ReadModelOperations projections, HttpRequest request, CancellationToken cancellation)
    {
        var limit = Inputs.Int(request, "limit", 1, LargestPage, 20);
        var before = CursorOf(request);
        ProjectionCommands.RejectUnknown(projections, name);
        var actions = await Database.RunAsync(() => projections.ActionsAsync(name, limit, before, cancellation));
        return new ProjectionActionList(
            [.. actions.Select(ProjectionActionView.Of)],
            actions.Count == limit ? actions[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }

    private static long CursorOf(HttpRequest request)
    {
        var cursor = request.Query["cursor"].ToString();
        return cursor.Length == 0 ? long.MaxValue
            : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw RequestRejected.BadRequest("'cursor' must be one that a list has given.");
    }
}

/// <summary>Actions, newest first.</summary>
public sealed record ProjectionActionList(IReadOnlyList<ProjectionActionView> Entries, string? NextCursor);

/// <summary>Something that was done to a projection by hand, or came of it.</summary>
/// <param name="Action"><c>retry</c>, <c>skip</c>, <c>rebuild</c>, <c>rebuilt</c>, <c>rebuildFailed</c> or <c>discard</c>.</param>
/// <param name="Actor">Whose key asked for it.</param>
/// <param name="At">When.</param>
/// <param name="Position">The event that it is about, or the position that it was done at.</param>
/// <param name="Error">What stood in its way.</param>
/// <param name="Reason">Why, or with what result.</param>
public sealed record ProjectionActionView(
    string Action, string Actor, DateTimeOffset At, long? Position, string? Error, string? Reason)
{
    public static ProjectionActionView Of(ProjectionAction action) =>
        new(action.Action, action.Actor, action.At, action.Position, action.Error, action.Reason);
}
