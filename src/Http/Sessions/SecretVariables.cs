using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Checks;
using Ledger.Sessions.Events;

namespace Ledger.Http.Sessions;

/// <summary>
/// Keeps the values of secret variables from readers. They stand in the session's first event, since a runner on any host has to get them, and
/// are shown to the runner that claims the run alone.
/// </summary>
public static class SecretVariables
{
    private const string Mask = "***";

    /// <summary>The event's data as readers may see it.</summary>
    public static JsonElement Masked(ISessionEvent data, JsonElement json)
    {
        if (data is not SessionTriggered triggered || triggered.Runs.All(run => NamesIn(run.Spec).Count == 0))
        {
            return json;
        }

        var masked = JsonSerializer.SerializeToNode(json)!;
        foreach (var run in masked["runs"]!.AsArray())
        {
            if (run!["spec"] is JsonObject spec)
            {
                MaskIn(spec, NamesIn(spec.Deserialize<JsonElement>()));
            }
        }

        return JsonSerializer.SerializeToElement(masked);
    }

    private static HashSet<string> NamesIn(JsonElement? spec) =>
        spec is { ValueKind: JsonValueKind.Object } members
        && members.TryGetProperty(RunVariables.SecretsMember, out var names)
        && names.ValueKind is JsonValueKind.Array
            ? names.EnumerateArray().Where(name => name.ValueKind is JsonValueKind.String).Select(name => name.GetString()!)
                .ToHashSet(StringComparer.Ordinal)
            : [];

    /// <summary>Wherever a variable stands: as a member of that name, or as <c>{key, value}</c> in what a client sent.</summary>
    private static void MaskIn(JsonNode? node, HashSet<string> names)
    {
        switch (node)
        {
            case JsonObject members:
                if (members["key"] is JsonValue key && key.TryGetValue<string>(out var name) && names.Contains(name) && members.ContainsKey("value"))
                {
                    members["value"] = Mask;
                }

                foreach (var (member, value) in members.ToList())
                {
                    if (value is JsonValue && names.Contains(member))
                    {
                        members[member] = Mask;
                    }
                    else
                    {
                        MaskIn(value, names);
                    }
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    MaskIn(item, names);
                }

                break;
            default:
                break;
        }
    }
}
