using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>The facts about a trigger that are kept with its session under their published names (domain.md, SessionTriggered).</summary>
public static class TriggerMetadata
{
    /// <summary>These facts and the origin of the request; null when there are none.</summary>
    public static JsonElement? Of(HttpRequest request, JsonObject? facts = null)
    {
        facts ??= [];
        if (ChecklyOrigin.Of(request) is { } origin)
        {
            facts[ClientOrigin.Member] = JsonSerializer.SerializeToNode(origin);
        }

        return facts.Count == 0 ? null : JsonSerializer.SerializeToElement(facts);
    }
}
