using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ledger.Runner.Execution;

namespace Ledger.Runner.ApiRequests;

/// <summary>
/// The part of JSONPath that assertions use: <c>$</c>, <c>.name</c>, <c>['name']</c>, <c>[0]</c>, <c>[-1]</c>, <c>.*</c>, <c>[*]</c>,
/// <c>..name</c>, and <c>.length</c> of arrays and texts. A path without wildcards finds one value or none; with them, an array.
/// </summary>
internal sealed partial class JsonPath
{
    private const int MaximumFound = 10_000;
    private readonly List<Step> steps = [];

    private JsonPath()
    {
    }

    private bool FindsMany => steps.Exists(step => step is Step.Every or Step.Deep);

    /// <summary>Reads a path. The leading <c>$</c> may be left out.</summary>
    /// <exception cref="UnusableSpecException">It uses what this runner does not know.</exception>
    public static JsonPath Parse(string path)
    {
        var parsed = new JsonPath();
        var rest = path.Trim();
        rest = rest.StartsWith('$') ? rest[1..] : rest is [] or ['.' or '[', ..] ? rest : $".{rest}";
        while (rest.Length > 0)
        {
            var match = Steps().Match(rest);
            if (!match.Success)
            {
                throw new UnusableSpecException($"this runner does not know the JSONPath {LogLine.Of(path)}");
            }

            parsed.Add(match.Groups);
            rest = rest[match.Length..];
        }

        return parsed;
    }

    /// <summary>What the path leads to; null if that is not there.</summary>
    public JsonElement? Find(JsonElement root)
    {
        IEnumerable<JsonElement> found = [root];
        foreach (var step in steps)
        {
            found = found.SelectMany(step.Of).Take(MaximumFound).ToList();
        }

        if (FindsMany)
        {
            return JsonSerializer.SerializeToElement(found);
        }

        return found.Select(value => (JsonElement?)value).FirstOrDefault();
    }

    private void Add(GroupCollection groups)
    {
        if (groups["deep"].Success)
        {
            steps.Add(new Step.Deep());
        }

        steps.Add(groups switch
        {
            _ when groups["every"].Success => new Step.Every(),
            _ when groups["index"].Success => new Step.Index(int.Parse(groups["index"].Value, CultureInfo.InvariantCulture)),
            _ => new Step.Name(groups["name"].Value),
        });
    }

    // A dot before a bracket means nothing: $.[0].key is what the vendor's documentation writes.
    [GeneratedRegex(
        """^(?:(?<deep>\.\.)|\.)?(?:(?<every>\*)|(?<=\.)(?<name>[^\s.\[\]()*'"?@]+)|\[\s*(?:(?<every>\*)|(?<index>-?[0-9]{1,9})|'(?<name>[^']*)'|"(?<name>[^"]*)")\s*\])""",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Steps();

    private abstract record Step
    {
        public abstract IEnumerable<JsonElement> Of(JsonElement value);

        internal sealed record Name(string Member) : Step
        {
            public override IEnumerable<JsonElement> Of(JsonElement value) => value.ValueKind switch
            {
                JsonValueKind.Object when value.TryGetProperty(Member, out var member) => [member],
                JsonValueKind.Array when Member is "length" => [JsonSerializer.SerializeToElement(value.GetArrayLength())],
                JsonValueKind.String when Member is "length" => [JsonSerializer.SerializeToElement(Comparison.TextOf(value).Length)],
                _ => [],
            };
        }

        internal sealed record Index(int Position) : Step
        {
            public override IEnumerable<JsonElement> Of(JsonElement value)
            {
                var position = value.ValueKind is JsonValueKind.Array && Position < 0 ? value.GetArrayLength() + Position : Position;
                return value.ValueKind is JsonValueKind.Array && position >= 0 && position < value.GetArrayLength() ? [value[position]] : [];
            }
        }

        internal sealed record Every : Step
        {
            public override IEnumerable<JsonElement> Of(JsonElement value) => value.ValueKind switch
            {
                JsonValueKind.Object => value.EnumerateObject().Select(member => member.Value),
                JsonValueKind.Array => value.EnumerateArray(),
                _ => [],
            };
        }

        /// <summary>The value and everything in it.</summary>
        internal sealed record Deep : Step
        {
            public override IEnumerable<JsonElement> Of(JsonElement value) => new Every().Of(value).SelectMany(Of).Prepend(value);
        }
    }
}
