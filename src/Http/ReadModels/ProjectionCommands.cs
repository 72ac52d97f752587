using Ledger.Projections.Rebuild;

namespace Ledger.Http.ReadModels;

/// <summary>Has a projection that has stopped go on, the event included.</summary>
public static class RetryProjectionEndpoint
{
    [WolverinePost("/ledger/projections/{name}/retry"), Authorize(Scopes.Operator), Tags("Projections")]
    [EndpointSummary("Has a stopped projection try its event again.")]
    public static async Task Post(string name, ReadModelOperations projections, HttpContext context, CancellationToken cancellation)
    {
        ProjectionCommands.RejectUnknown(projections, name);
        if (!await projections.RetryAsync(name, ProjectionCommands.ActorOf(context), cancellation))
        {
            throw ProjectionCommands.NotStopped("The projection is not stopped.");
        }
    }
}

public static class SkipEventEndpoint
{
    [WolverinePost("/ledger/projections/{name}/skip"), Authorize(Scopes.Operator), Tags("Projections")]
    [EndpointSummary("Has a stopped projection leave out the event that it stopped at.")]
    public static async Task Post(
        string name, [FromBody] EventToSkip skip, ReadModelOperations projections, HttpContext context, CancellationToken cancellation)
    {
        var reason = Inputs.Reason(Inputs.Name("reason", skip.Reason))!;
        ProjectionCommands.RejectUnknown(projections, name);
        if (!await projections.SkipAsync(name, skip.Position, reason, ProjectionCommands.ActorOf(context), cancellation))
        {
            throw ProjectionCommands.NotStopped("The projection has not stopped at that event.");
        }
    }
}

/// <summary>The event that a projection is to leave out.</summary>
/// <param name="Position">Its position: the one that the projection has stopped at.</param>
/// <param name="Reason">Why; kept with the action.</param>
public sealed record EventToSkip(long Position, string Reason);

public static class RebuildProjectionEndpoint
{
    [WolverinePost("/ledger/projections/{name}/rebuild"), Authorize(Scopes.Operator), Tags("Projections")]
    [EndpointSummary("Makes a projection's rows anew beside those that serve, compares both, and puts the new ones in their place.")]
    [ProducesResponseType(StatusCodes.Status202Accepted)]
    public static async Task<IResult> Post(string name, ReadModelOperations projections, HttpContext context, CancellationToken cancellation)
    {
        ProjectionCommands.RejectUnknown(projections, name);
        ProjectionCommands.RejectUnlessAccepted(
            await projections.RebuildAsync(name, ProjectionCommands.ActorOf(context), cancellation),
            "nothing-to-rebuild",
            "There is nothing to rebuild: it keeps no rows of its own.");
        return TypedResults.Accepted("/ledger/projections");
    }
}

public static class DiscardRebuildEndpoint
{
    [WolverinePost("/ledger/projections/{name}/rebuild/discard"), Authorize(Scopes.Operator), Tags("Projections")]
    [EndpointSummary("Drops the rows that a rebuild has replaced.")]
    public static async Task Post(string name, ReadModelOperations projections, HttpContext context, CancellationToken cancellation)
    {
        ProjectionCommands.RejectUnknown(projections, name);
        ProjectionCommands.RejectUnlessAccepted(
            await projections.DiscardAsync(name, ProjectionCommands.ActorOf(context), cancellation),
            "nothing-to-discard",
            "There is nothing to discard: no rebuild has left anything.");
    }
}

/// <summary>What an operator's actions on a projection have in common. All of them are recorded.</summary>
public static class ProjectionCommands
{
    /// <summary>Who acts. The key's id alone: projections serve all accounts, and one need not know the names of another.</summary>
    public static string ActorOf(HttpContext context) => $"key {context.Key().Id}";

    /// <summary>Refuses a name that no projection has.</summary>
    public static void RejectUnknown(ReadModelOperations projections, string name)
    {
        if (!projections.Knows(name))
        {
            throw RequestRejected.NotFound("There is no such projection.");
        }
    }

    /// <summary>Refuses what the daemon did not take on.</summary>
    public static void RejectUnlessAccepted(RebuildRequest answer, string code, string nothing)
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

    public static RequestRejected NotStopped(string message) => new(StatusCodes.Status409Conflict, "not-stopped", message);
}
