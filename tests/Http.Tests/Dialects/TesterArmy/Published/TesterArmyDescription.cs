using System.Text.Json;
using Ledger.Http.Tests.Dialects.Published;

namespace Ledger.Http.Tests.Dialects.TesterArmy.Published;

/// <summary>
/// TesterArmy's published description. It lacks the run of a prompt and the webhook, which older pages have
/// (docs/dialects/testerarmy.md#beyond-the-description).
/// </summary>
internal static class TesterArmyDescription
{
    private const string Server = "/api";

    /// <summary>The description; null where it is not at hand.</summary>
    public static VendorDescription? Instance { get; } = VendorDescription.Load("testerarmy.openapi.json", _ => new VendorRules
    {
        Error = JsonSerializer.SerializeToElement(new
        {
            type = "object",
            properties = new
            {
                error = new
                {
                    type = "string",
                    @enum = new[] { "ValidationError", "RateLimited", "Unauthorized", "NotFound", "Conflict", "InternalServerError" },
                },
                message = new { type = "string", minLength = 1 },
            },
            required = new[] { "error", "message" },
        }),
        Overrides = new Dictionary<int, string>
        {
            [404] = "an unknown run; only the cancel of a run documents no 404",
            [413] = "a body beyond its limit",
        },

        // Both mounts are the same interface; the description names one of them as a server.
        PathOf = path => path.StartsWith($"{Server}/v1/", StringComparison.Ordinal) ? path[Server.Length..] : path,
    });
}

/// <summary>A test that is nothing without the published description.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PublishedFactAttribute : FactAttribute
{
    public PublishedFactAttribute()
    {
        if (TesterArmyDescription.Instance is null)
        {
            Skip = VendorDescription.NotAtHand;
        }
    }
}
