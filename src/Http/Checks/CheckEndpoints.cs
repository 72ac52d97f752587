using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Checks;

/// <summary>Registers and reads checks (http.md, Checks and sessions).</summary>
public static class CheckEndpoints
{
    private const int MaximumTags = 200;
    private const int MaximumLocations = 100;

    public static void MapChecks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ledger/checks").WithTags("Checks");
        group.MapPut("{checkId}", PutAsync).RequireScope(Scope.Command, Scope.Admin)
            .WithSummary("Registers a check, or changes it: 201 when it is new, 200 otherwise.")
            .Reads<CheckRequest>().Produces<Check>().Produces<Check>(StatusCodes.Status201Created);
        group.MapGet("", ListAsync).RequireScope(Scope.Read).WithSummary("Lists the account's checks, by name.").Produces<CheckList>();
        group.MapGet("{checkId}", GetAsync).RequireScope(Scope.Read).WithSummary("Reads one check.").Produces<Check>();
    }

    private static async Task<IResult> PutAsync(HttpContext context, string checkId, CheckRegistry checks, TimeProvider clock)
    {
        var id = Inputs.Uuid("check id", checkId);
        var request = await Body.ReadRequiredJsonAsync<CheckRequest>(context.Request, Json.Options);
        Validate(request);
        var now = clock.GetUtcNow();
        var (check, isNew) = await checks.PutAsync(
            context.Key().AccountId,
            new Check(
                id,
                request.Name,
                request.CheckType,
                [.. request.Tags.Distinct()],
                [.. request.Locations.Distinct()],
                request.Activated,
                request.MaxResponseTime,
                request.DegradedResponseTime,
                request.Spec,
                now,
                now),
            context.RequestAborted);
        return NativeResult.Json(check, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> ListAsync(HttpContext context, CheckRegistry checks) =>
        NativeResult.Json(new CheckList(await checks.ListAsync(context.Key().AccountId, context.RequestAborted)));

    private static async Task<IResult> GetAsync(HttpContext context, string checkId, CheckRegistry checks) =>
        await checks.FindAsync(context.Key().AccountId, Inputs.Uuid("check id", checkId), context.RequestAborted) is { } check
            ? NativeResult.Json(check)
            : throw RequestRejected.NotFound("There is no such check.");

    private static void Validate(CheckRequest request)
    {
        Inputs.Name("name", request.Name);
        Inputs.CheckType("checkType", request.CheckType);
        Inputs.TimeoutOf(request.Spec);
        if (request.Tags.Count > MaximumTags || request.Tags.Any(tag => string.IsNullOrWhiteSpace(tag) || tag.Length > Limits.Name))
        {
            throw RequestRejected.BadRequest($"'tags' must be at most {MaximumTags} texts of 1 to {Limits.Name} characters.");
        }

        if (request.Locations.Count is 0 or > MaximumLocations
            || request.Locations.Any(location => string.IsNullOrWhiteSpace(location) || location.Length > Limits.Name))
        {
            throw RequestRejected.BadRequest($"'locations' must be 1 to {MaximumLocations} texts of 1 to {Limits.Name} characters.");
        }

        if (request.MaxResponseTime < 1 || request.DegradedResponseTime < 1)
        {
            throw RequestRejected.BadRequest("'maxResponseTime' and 'degradedResponseTime' must be at least 1 millisecond.");
        }
    }
}

/// <summary>A check to register.</summary>
public sealed record CheckRequest(
    string Name,
    string CheckType,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Locations,
    bool Activated = true,
    long? MaxResponseTime = null,
    long? DegradedResponseTime = null,
    JsonElement? Spec = null);

/// <summary>The checks of an account.</summary>
public sealed record CheckList(IReadOnlyList<Check> Entries);
