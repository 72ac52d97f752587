using System.Globalization;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Published;

/// <summary>
/// Checks JSON against a schema object of OpenAPI 3.0, as far as published descriptions use it: <c>$ref</c>, types with <c>nullable</c>,
/// enums, formats, bounds, members, items and the three combinators.
/// </summary>
internal sealed class PublishedSchema(JsonElement document)
{
    /// <summary>What is wrong with a value, one line for each fault; none when it is valid.</summary>
    public IReadOnlyList<string> FaultsOf(JsonElement value, JsonElement schema)
    {
        var faults = new List<string>();
        Check(value, schema, "$", faults);
        return faults;
    }

    /// <summary>What a local reference points to.</summary>
    public JsonElement Resolve(JsonElement schema)
    {
        while (schema.TryGetProperty("$ref", out var reference))
        {
            schema = reference.GetString()!.Split('/').Skip(1)
                .Aggregate(document, (at, part) => at.GetProperty(part.Replace("~1", "/").Replace("~0", "~")));
        }

        return schema;
    }

    private void Check(JsonElement value, JsonElement schema, string path, List<string> faults)
    {
        schema = Resolve(schema);
        if (value.ValueKind is JsonValueKind.Null)
        {
            if (!AllowsNull(schema))
            {
                faults.Add($"{path} is null");
            }

            return;
        }

        CheckCombinators(value, schema, path, faults);
        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value)))
        {
            faults.Add($"{path} is {value}, which is not in its enum");
        }

        if (schema.TryGetProperty("type", out var type) && !HasType(value, type.GetString()!))
        {
            faults.Add($"{path} is {value.ValueKind}, not {type}");
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                CheckMembers(value, schema, path, faults);
                break;
            case JsonValueKind.Array:
                CheckItems(value, schema, path, faults);
                break;
            case JsonValueKind.String:
                CheckText(value.GetString()!, schema, path, faults);
                break;
            case JsonValueKind.Number:
                CheckBounds((double)value.GetDecimal(), schema, "minimum", "maximum", path, faults);
                break;
        }
    }

    /// <summary>By itself, or as one of several forms.</summary>
    private bool AllowsNull(JsonElement schema) =>
        IsTrue(schema, "nullable")
        || (schema.TryGetProperty("anyOf", out var any) && any.EnumerateArray().Any(part => AllowsNull(Resolve(part))));

    private void CheckCombinators(JsonElement value, JsonElement schema, string path, List<string> faults)
    {
        if (schema.TryGetProperty("allOf", out var all))
        {
            foreach (var part in all.EnumerateArray())
            {
                Check(value, part, path, faults);
            }
        }

        if (schema.TryGetProperty("anyOf", out var any) && !any.EnumerateArray().Any(part => FaultsOf(value, part).Count == 0))
        {
            faults.Add($"{path} is none of anyOf");
        }

        if (schema.TryGetProperty("oneOf", out var one) && one.EnumerateArray().Count(part => FaultsOf(value, part).Count == 0) != 1)
        {
            faults.Add($"{path} is not exactly one of oneOf");
        }
    }

    private void CheckMembers(JsonElement value, JsonElement schema, string path, List<string> faults)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            faults.AddRange(required.EnumerateArray()
                .Where(name => !value.TryGetProperty(name.GetString()!, out _))
                .Select(name => $"{path}.{name} is missing"));
        }

        var known = schema.TryGetProperty("properties", out var properties) ? properties : default;
        foreach (var member in value.EnumerateObject())
        {
            var at = $"{path}.{member.Name}";
            if (known.ValueKind is JsonValueKind.Object && known.TryGetProperty(member.Name, out var own))
            {
                Check(member.Value, own, at, faults);
            }
            else if (schema.TryGetProperty("additionalProperties", out var others))
            {
                if (others.ValueKind is JsonValueKind.False)
                {
                    faults.Add($"{at} is not allowed in a closed object");
                }
                else if (others.ValueKind is JsonValueKind.Object)
                {
                    Check(member.Value, others, at, faults);
                }
            }
        }
    }

    private void CheckItems(JsonElement value, JsonElement schema, string path, List<string> faults)
    {
        CheckBounds(value.GetArrayLength(), schema, "minItems", "maxItems", path, faults);
        if (schema.TryGetProperty("items", out var items))
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                Check(item, items, $"{path}[{index++}]", faults);
            }
        }
    }

    private static void CheckText(string value, JsonElement schema, string path, List<string> faults)
    {
        CheckBounds(value.Length, schema, "minLength", "maxLength", path, faults);
        var format = schema.TryGetProperty("format", out var name) ? name.GetString() : null;
        if (schema.TryGetProperty("x-format", out var extra))
        {
            format ??= IsTrue(extra, "guid") ? "uuid" : IsTrue(extra, "uri") ? "uri" : null;
        }

        var fits = format switch
        {
            "uuid" => Guid.TryParseExact(value, "D", out _) && value == value.ToLowerInvariant(),
            "uri" => Uri.TryCreate(value, UriKind.Absolute, out _),
            "date-time" => DateTimeOffset.TryParseExact(
                value, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
            "date" => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            _ => true,
        };
        if (!fits)
        {
            faults.Add($"{path} is '{value}', not of format {format}");
        }
    }

    private static void CheckBounds(double value, JsonElement schema, string minimum, string maximum, string path, List<string> faults)
    {
        if ((schema.TryGetProperty(minimum, out var least) && value < least.GetDouble())
            || (schema.TryGetProperty(maximum, out var most) && value > most.GetDouble()))
        {
            faults.Add($"{path} is out of its bounds");
        }
    }

    private static bool HasType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind is JsonValueKind.Object,
        "array" => value.ValueKind is JsonValueKind.Array,
        "string" => value.ValueKind is JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind is JsonValueKind.Number,
        "integer" => value.ValueKind is JsonValueKind.Number && decimal.IsInteger(value.GetDecimal()),
        _ => throw new NotSupportedException($"A schema of type {type}."),
    };

    private static bool IsTrue(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True;
}
