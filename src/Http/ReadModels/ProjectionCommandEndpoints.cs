using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.Daemon;
using Ledger.Projections.Rebuild;

namespace Ledger.Http.ReadModels;

/// <summary>What an administrator can do to a projection (http.md, Audit and reports). All of it is recorded.</summary>
public static class ProjectionCommandEndpoints
{
    public static void MapProjectionCommands(this RouteGroupBuilder projections)
    {
        var group = projections.MapGroup("{name}").RequireScope(Scope.Admin);
        group.MapPost("retry", RetryAsync).WithSummary("Has a stopped projection try its event again.")
            .Produces(StatusCodes.Status204NoContent);
        group.MapPost("skip", SkipAsync).WithSummary("Has a stopped projection leave out the event that it stopped at.")
            .Reads<EventToSkip>().Produces(StatusCodes.Status204NoContent);
        group.MapPost("rebuild", RebuildAsync)
            .WithSummary("Makes a projection's rows anew beside those that serve, compares both, and puts the new ones in their place.")
            .Produces(StatusCodes.Status202Accepted);
        group.MapPost("rebuild/discard", DiscardAsync).WithSummary("Drops the rows that a rebuild has replaced.")
            .Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> RetryAsync(HttpContext context, string name, ProjectionDaemon projections)
    {
        ProjectionEndpoints.RejectUnknown(projections, name);
        return await Database.RunAsync(() => projections.RetryAsync(name, Actor(context), context.RequestAborted))
            ? TypedResults.NoContent()
            : throw NotStopped("The projection is not stopped.");
    }

    private static async Task<IResult> SkipAsync(HttpContext context, string name, ProjectionDaemon projections)
    {
        var skip = await Body.ReadRequiredJsonAsync<EventToSkip>(context.Request, Json.Options);
        var reason = Inputs.Reason(Inputs.Name("reason", skip.Reason))!;
        ProjectionEndpoints.RejectUnknown(projections, name);
        return await Database.RunAsync(
            () => projections.SkipAsync(name, skip.Position, reason, Actor(context), context.RequestAborted))
            ? TypedResults.NoContent()
            : throw NotStopped("The projection has not stopped at that event.");
    }

    private static async Task<IResult> RebuildAsync(HttpContext context, string name, ProjectionDaemon projections)
    {
        ProjectionEndpoints.RejectUnknown(projections, name);
        RejectUnlessAccepted(
            await Database.RunAsync(() => projections.RebuildAsync(name, Actor(context), context.RequestAborted)),
            "nothing-to-rebuild",
            "There is nothing to rebuild: it keeps no rows of its own.");
        return TypedResults.Accepted("/ledger/projections");
    }

    private static async Task<IResult> DiscardAsync(HttpContext context, string name, ProjectionDaemon projections)
    {
        ProjectionEndpoints.RejectUnknown(projections, name);
        RejectUnlessAccepted(
            await Database.RunAsync(() => projections.DiscardAsync(name, Actor(context), context.RequestAborted)),
            "nothing-to-discard",
            "There is nothing to discard: no rebuild has left anything.");
        return TypedResults.NoContent();
    }

    private static void RejectUnlessAccepted(RebuildRequest answer, string code, string nothing)
    {
        switch (answer)
        {
            case RebuildRequest.Accepted:
                return;
            case RebuildRequest.UnderWay:
                throw new RequestRejected(StatusCodes.Status409Conflict, "rebuild-under-way", "A rebuild is under way.");
            case RebuildRequest.Nothing:
                throw new RequestRejected(StatusCodes.Status409Conflict, code, nothing);
            default:
                throw new InvalidOperationException($"{answer} is no answer.");
        }
    }

    private static RequestRejected NotStopped(string message) => new(StatusCodes.Status409Conflict, "not-stopped", message);

    /// <summary>The key's id alone: projections serve all accounts, and one need not know the names of another.</summary>
    private static string Actor(HttpContext context) => $"key {context.Key().Id}";
}

/// <summary>The event that a projection is to leave out.</summary>
/// <param name="Position">Its position: the one that the projection has stopped at.</param>
/// <param name="Reason">Why; kept with the action.</param>
public sealed record EventToSkip(long Position, string Reason);
