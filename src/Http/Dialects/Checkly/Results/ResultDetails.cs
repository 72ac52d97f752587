using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Results;

/// <summary>
/// What the runner reported as details, under the member of the check's own type, as it came. Published clients read some members of some
/// types without a look whether they are there: details without these are left out, or they would bring the client down.
/// </summary>
public sealed record ResultDetails(RunResult Result)
{
    public JsonElement? Api => Of("API", ("request", JsonValueKind.Object), ("response", JsonValueKind.Object));

    public JsonElement? Browser => Of("BROWSER", ("errors", JsonValueKind.Array));

    public JsonElement? MultiStep => Of("MULTI_STEP", ("errors", JsonValueKind.Array));

    public JsonElement? Playwright => Of(CheckTypes.Playwright);

    public JsonElement? Agentic => Of("AGENTIC");

    public JsonElement? Traceroute => Of("TRACEROUTE");

    public JsonElement? Grpc => Of("GRPC");

    public JsonElement? Ssl => Of("SSL");

    private JsonElement? Of(string checkType, params ReadOnlySpan<(string Name, JsonValueKind Kind)> members)
    {
        if (Result.Run.Plan.CheckType != checkType || Result.Details is not { ValueKind: JsonValueKind.Object } details)
        {
            return null;
        }

        foreach (var (name, kind) in members)
        {
            if (!details.TryGetProperty(name, out var member) || member.ValueKind != kind)
            {
                return null;
            }
        }

        return details;
    }
}
