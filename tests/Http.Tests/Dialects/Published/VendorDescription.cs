using System.Globalization;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Published;

/// <summary>
/// A vendor's published description of its interface: reference data that lies beside the checkout, never in it. Where the design says
/// otherwise, the design stands; those places are the <see cref="VendorRules"/>.
/// </summary>
internal sealed class VendorDescription
{
    /// <summary>Why a test that needs a description is skipped.</summary>
    public const string NotAtHand = "The published description lies in a folder 'shared' beside the checkout, which is not there.";

    private const string Folder = "shared/specs";

    private readonly JsonElement document;
    private readonly PublishedSchema schemas;
    private readonly VendorRules rules;

    private VendorDescription(JsonElement document, VendorRules rules)
    {
        this.document = document;
        this.rules = rules;
        schemas = new PublishedSchema(document);
    }

    /// <summary>Every documented answer.</summary>
    public IEnumerable<(string Method, string Path, int Status)> Documented =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        from response in operation.Value.GetProperty("responses").EnumerateObject()
        select (operation.Name.ToUpperInvariant(), path.Name, int.Parse(response.Name, CultureInfo.InvariantCulture));

    /// <summary>Reads a description; null where it is not at hand.</summary>
    /// <param name="file">The file in the folder of descriptions.</param>
    /// <param name="rules">Where the design says otherwise.</param>
    public static VendorDescription? Load(string file, Func<JsonElement, VendorRules> rules)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, Folder, file);
            if (File.Exists(path))
            {
                var document = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.Clone();
                return new VendorDescription(document, rules(document));
            }
        }

        return null;
    }

    /// <summary>A schema that a description names.</summary>
    public static JsonElement Component(JsonElement document, string name) =>
        document.GetProperty("components").GetProperty("schemas").GetProperty(name);

    /// <summary>What is wrong with an answer; null for a route that the description does not have.</summary>
    public IReadOnlyList<string>? FaultsOf(string method, string path, int status, string? contentType, string body)
    {
        if (FindOperation(method, rules.PathOf(path)) is not { } operation)
        {
            return null;
        }

        var responses = operation.GetProperty("responses");
        if (!responses.TryGetProperty($"{status}", out var response))
        {
            return rules.Overrides.ContainsKey(status)
                ? FaultsOf(body, rules.Error)
                : [$"{status} is not documented for {method} {path}"];
        }

        if (!response.TryGetProperty("content", out var content))
        {
            return body.Length == 0 && contentType is null ? [] : [$"{status} of {method} {path} has no body and no content type"];
        }

        return contentType == "application/json; charset=utf-8"
            ? [.. FaultsOf(body, content.GetProperty("application/json").GetProperty("schema")), .. FaultsOfError(status, body)]
            : [$"the content type of {method} {path} is {contentType}"];
    }

    /// <summary>What is wrong with a value that is to be of a schema that the description names.</summary>
    public IReadOnlyList<string> FaultsOf(JsonElement value, string component) => schemas.FaultsOf(value, Component(document, component));

    private IReadOnlyList<string> FaultsOfError(int status, string body) => status < 400 ? [] : FaultsOf(body, rules.Error);

    private IReadOnlyList<string> FaultsOf(string body, JsonElement schema)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return schemas.FaultsOf(json.RootElement, schema);
        }
        catch (JsonException fault)
        {
            return [$"no JSON: {fault.Message}"];
        }
    }

    private JsonElement? FindOperation(string method, string path)
    {
        var parts = path.Split('/');
        var candidates = document.GetProperty("paths").EnumerateObject()
            .Where(template => Matches(template.Name.Split('/'), parts))
            .OrderBy(template => template.Name.Count(c => c == '{'))
            .Select(template => template.Value);
        foreach (var candidate in candidates)
        {
            if (candidate.TryGetProperty(method.ToLowerInvariant(), out var operation))
            {
                return operation;
            }
        }

        return null;
    }

    private static bool Matches(string[] template, string[] path) =>
        template.Length == path.Length && template.Zip(path).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second);
}

/// <summary>What holds for the answers of a vendor's dialect beside its description.</summary>
internal sealed record VendorRules
{
    /// <summary>The schema of every error.</summary>
    public required JsonElement Error { get; init; }

    /// <summary>Statuses that the description lacks, each with the place in the design that adds it.</summary>
    public required IReadOnlyDictionary<int, string> Overrides { get; init; }

    /// <summary>The path of a request as the description has it.</summary>
    public Func<string, string> PathOf { get; init; } = path => path;
}
