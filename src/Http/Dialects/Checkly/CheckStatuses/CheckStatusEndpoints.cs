using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.CheckStatus;

namespace Ledger.Http.Dialects.Checkly.CheckStatuses;

/// <summary>Reads how checks stand (wire.md 3.9). A check of which no run counts has no status.</summary>
public static class CheckStatusEndpoints
{
    public static void MapCheckStatuses(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/check-statuses").WithTags("Checkly: check statuses");
        group.MapGet("", ListAsync).RequireScope(Scope.Read)
            .WithSummary("How every check stands whose runs were not all cancelled.")
            .Produces<IReadOnlyList<CheckStatus>>().ProducesErrors(401, 403, 429);
        group.MapGet("{checkId}", GetAsync).RequireScope(Scope.Read)
            .WithSummary("How one check stands.")
            .Produces<CheckStatus>().ProducesErrors(400, 401, 403, 404, 429);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, CheckStatusReader statuses, Freshness freshness, CheckRegistry checks)
    {
        var account = context.Key().AccountId;
        await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, context.RequestAborted);
        var standings = await Database.RunAsync(() => statuses.ListAsync(account, context.RequestAborted));
        var names = (await checks.ListAsync(account, context.RequestAborted)).ToDictionary(check => check.Id, check => check.Name);
        return ChecklyResult.Json<IReadOnlyList<CheckStatus>>(
            [.. standings.Select(standing => CheckStatus.Of(standing, names.GetValueOrDefault(standing.CheckId)))]);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, string checkId, CheckStatusReader statuses, Freshness freshness, CheckRegistry checks)
    {
        var account = context.Key().AccountId;
        var id = Inputs.Uuid(nameof(checkId), checkId);
        await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, context.RequestAborted);
        var standing = await Database.RunAsync(() => statuses.FindAsync(account, id, context.RequestAborted))
            ?? throw RequestRejected.NotFound("Not Found");
        return ChecklyResult.Json(CheckStatus.Of(standing, (await checks.FindAsync(account, id, context.RequestAborted))?.Name));
    }
}
