using Ledger.Http.Access;
using Ledger.Http.Requests;
using Ledger.Projections.Daemon;

namespace Ledger.Http.ReadModels;

/// <summary>Where the projections stand (http.md, Audit and reports).</summary>
internal static class ProjectionEndpoints
{
    public static void MapProjections(this IEndpointRouteBuilder routes) => routes
        .MapGet("/ledger/projections", ListAsync)
        .RequireScope(Scope.Read, Scope.Admin)
        .WithTags("Projections")
        .WithSummary("Where each projection stands, and how far it is behind.")
        .Produces<ProjectionList>();

    private static async Task<IResult> ListAsync(HttpContext context, ProjectionDaemon projections)
    {
        var all = await Database.RunAsync(() => projections.StatusAsync(context.RequestAborted));
        return NativeResult.Json(new ProjectionList([.. all.Select(ProjectionView.Of)]));
    }
}

/// <summary>The projections.</summary>
internal sealed record ProjectionList(IReadOnlyList<ProjectionView> Entries);

/// <summary>One projection.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Position">The last event that is in its rows.</param>
/// <param name="Lag">How many events it is behind.</param>
/// <param name="State">What it is doing, seen from this host.</param>
/// <param name="Owner">The host that keeps it.</param>
/// <param name="Error">Why it stopped; null unless it has.</param>
internal sealed record ProjectionView(
    string Name, int Version, long Position, long Lag, ProjectionState State, string? Owner, ProjectionError? Error)
{
    public static ProjectionView Of(ProjectionStatus status) => new(
        status.Name,
        status.Version,
        status.Position,
        status.Lag,
        status.State,
        status.Owner,
        status.Stopped is { } stopped ? new ProjectionError(stopped.Position, stopped.Error, stopped.At) : null);
}

/// <summary>An event that a projection cannot handle.</summary>
internal sealed record ProjectionError(long Position, string Message, DateTimeOffset At);
