using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Locations;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.CheckStatus;

namespace Ledger.Http.Dialects.Checkly.Checks;

/// <summary>Lists and reads registered checks (wire.md 3.12). How many there are stands in <c>Content-Range</c> alone (trap 17).</summary>
public static class RegisteredCheckEndpoints
{
    public static void MapRegisteredChecks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/checks").WithTags("Checkly: supporting reads");
        group.MapGet("", ListAsync).RequireScope(Scope.Read)
            .WithSummary("Lists the registered checks, by name. Content-Range tells how many there are.")
            .ReadsNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")
            .ReadsNumber("page", "From 1; 0 is 1.")
            .ReadsTexts("tag", "Tags that a check must have, all of them.")
            .ReadsText("checkType", "The type of check.")
            .ReadsText("search", "A part of the name, in whichever case.")
            .ReadsText("status", "passing, failing or degraded.")
            .ReadsText("applyGroupSettings", "There are no groups: changes nothing.")
            .Produces<IReadOnlyList<RegisteredCheck>>().ProducesErrors(400, 401, 403, 429);
        group.MapGet("{checkId}", GetAsync).RequireScope(Scope.Read)
            .WithSummary("Reads one registered check.")
            .Produces<RegisteredCheck>().ProducesErrors(400, 401, 403, 404, 429);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, CheckRegistry checks, CheckStatusReader statuses, Freshness freshness, PublicLocations locations)
    {
        var account = context.Key().AccountId;
        var filter = CheckFilter.Read(context.Request);
        var standings = new Dictionary<Guid, CheckStanding>();
        if (filter.Status is not null)
        {
            await freshness.WaitForHeadAsync(CheckStatusReader.ProjectionName, context.RequestAborted);
            standings = (await Database.RunAsync(() => statuses.ListAsync(account, context.RequestAborted)))
                .ToDictionary(standing => standing.CheckId);
        }

        var found = (await checks.ListAsync(account, context.RequestAborted))
            .Where(check => filter.Matches(check, standings.GetValueOrDefault(check.Id)))
            .ToList();
        var first = (filter.Page - 1L) * filter.Limit;
        var page = first < found.Count ? found.Skip((int)first).Take(filter.Limit).ToList() : [];
        context.Response.Headers.ContentRange = ContentRange.Items(first, page.Count, found.Count);
        return ChecklyResult.Json<IReadOnlyList<RegisteredCheck>>([.. page.Select(check => RegisteredCheck.Of(check, locations))]);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string checkId, CheckRegistry checks, PublicLocations locations) =>
        await checks.FindAsync(context.Key().AccountId, Inputs.Uuid(nameof(checkId), checkId), context.RequestAborted) is { } check
            ? ChecklyResult.Json(RegisteredCheck.Of(check, locations))
            : throw RequestRejected.NotFound("Not Found");
}
