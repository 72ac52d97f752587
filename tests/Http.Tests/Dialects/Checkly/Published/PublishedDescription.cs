using System.Globalization;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly.Published;

/// <summary>
/// The vendor's published description of its interface: reference data that lies beside the checkout, never in it. Where the design says
/// otherwise, the design stands; those places are <see cref="Overrides"/>.
/// </summary>
internal sealed class PublishedDescription
{
    private const string Path = "shared/specs/checkly.openapi.json";

    private readonly JsonElement document;
    private readonly PublishedSchema schemas;

    private PublishedDescription(JsonElement document)
    {
        this.document = document;
        schemas = new PublishedSchema(document);
    }

    /// <summary>The description; null where it is not at hand.</summary>
    public static PublishedDescription? Instance { get; } = Load();

    /// <summary>Statuses that the description lacks, each with the place in the design that adds it.</summary>
    private static Dictionary<int, string> Overrides { get; } = new()
    {
        [400] = "wire.md 3.4: version 1 documents no 400; it is sent there too",
        [413] = "wire.md 2.4: a body beyond its limit",
        [503] = "wire.md 2.5: the database is out of reach",
    };

    /// <summary>Every documented answer.</summary>
    public IEnumerable<(string Method, string Path, int Status)> Documented =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        from response in operation.Value.GetProperty("responses").EnumerateObject()
        select (operation.Name.ToUpperInvariant(), path.Name, int.Parse(response.Name, CultureInfo.InvariantCulture));

    /// <summary>What is wrong with an answer; null for a route that the description does not have.</summary>
    public IReadOnlyList<string>? FaultsOf(string method, string path, int status, string? contentType, string body)
    {
        if (FindOperation(method, path) is not { } operation)
        {
            return null;
        }

        var responses = operation.GetProperty("responses");
        if (!responses.TryGetProperty($"{status}", out var response))
        {
            return Overrides.ContainsKey(status)
                ? FaultsOf(body, Component("ApiError"))
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

    /// <summary>wire.md 3: all three members always, although some operations declare only one of them required.</summary>
    private IReadOnlyList<string> FaultsOfError(int status, string body) => status < 400 ? [] : FaultsOf(body, Component("ApiError"));

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

    private JsonElement Component(string name) => document.GetProperty("components").GetProperty("schemas").GetProperty(name);

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

    private static PublishedDescription? Load()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = System.IO.Path.Combine(folder.FullName, Path);
            if (File.Exists(file))
            {
                return new PublishedDescription(JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.Clone());
            }
        }

        return null;
    }
}

/// <summary>A test that is nothing without the published description.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PublishedFactAttribute : FactAttribute
{
    public PublishedFactAttribute()
    {
        if (PublishedDescription.Instance is null)
        {
            Skip = "The published description lies in a folder 'shared' beside the checkout, which is not there.";
        }
    }
}
