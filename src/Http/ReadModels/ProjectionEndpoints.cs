using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.Daemon;

namespace Ledger.Http.ReadModels;

/// <summary>Where the projections stand, and what was done to them (http.md, Audit and reports).</summary>
public static class ProjectionEndpoints
{
    private const int ActionsOfEach = 5;
    private const int LargestPage = 100;

    public static void MapProjections(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ledger/projections").WithTags("Projections");
        group.MapGet("", ListAsync).RequireScope(Scope.Read, Scope.Admin)
            .WithSummary("Where each projection stands, how far it is behind, and how its rebuild goes.").Produces<ProjectionList>();
        group.MapGet("{name}/actions", ActionsAsync).RequireScope(Scope.Read, Scope.Admin)
            .WithSummary("What was done to a projection by hand, newest first.").Produces<ProjectionActionList>();
        group.MapProjectionCommands();
    }

    private static async Task<IResult> ListAsync(HttpContext context, ProjectionDaemon projections)
    {
        var (all, actions) = await Database.RunAsync(async () => (
            await projections.StatusAsync(context.RequestAborted),
            await projections.ActionsAsync(ActionsOfEach, context.RequestAborted)));
        return NativeResult.Json(new ProjectionList([.. all.Select(status => ProjectionView.Of(status, actions[status.Name]))]));
    }

    private static async Task<IResult> ActionsAsync(HttpContext context, string name, ProjectionDaemon projections)
    {
        var limit = Inputs.Int(context.Request, "limit", 1, LargestPage, 20);
        var before = context.Request.Query["cursor"].ToString() is { Length: > 0 } cursor
            ? long.TryParse(cursor, System.Globalization.NumberStyles.None, null, out var number)
                ? number
                : throw RequestRejected.BadRequest("'cursor' must be one that a list has given.")
            : long.MaxValue;
        RejectUnknown(projections, name);
        var actions = await Database.RunAsync(() => projections.ActionsAsync(name, limit, before, context.RequestAborted));
        return NativeResult.Json(new ProjectionActionList(
            [.. actions.Select(ProjectionActionView.Of)],
            actions.Count == limit ? actions[^1].Number.ToString(System.Globalization.CultureInfo.InvariantCulture) : null));
    }

    /// <summary>Refuses a name that no projection has.</summary>
    /// <exception cref="RequestRejected">404.</exception>
    internal static void RejectUnknown(ProjectionDaemon projections, string name)
    {
        if (!projections.Knows(name))
        {
            throw RequestRejected.NotFound("There is no such projection.");
        }
    }
}
