using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ledger.Runner.Execution;

namespace Ledger.Runner.ApiRequests;

/// <summary>Finds the part of an answer that an assertion looks at.</summary>
/// <param name="find">Finds it; null if it is not there.</param>
internal sealed class SourceReader(Func<ApiResponse, JsonElement?> find)
{
    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(1);

    /// <summary>The part; null if it is not there.</summary>
    /// <exception cref="UnreadableBodyException">The body is not what it should be.</exception>
    /// <exception cref="RegexMatchTimeoutException">The expression takes too long.</exception>
    public JsonElement? Of(ApiResponse response) => find(response);

    /// <summary>The reader of a source.</summary>
    /// <param name="source">STATUS_CODE, RESPONSE_TIME (milliseconds), HEADERS, TEXT_BODY or JSON_BODY.</param>
    /// <param name="property">The name of a header, a JSONPath, or for a text body an expression that finds the part.</param>
    /// <param name="regex">An expression that finds the part of a header or text.</param>
    /// <param name="path">Where the assertion stands in the spec.</param>
    /// <exception cref="UnusableSpecException">This runner does not know it.</exception>
    public static SourceReader For(string source, string property, string? regex, string path)
    {
        switch (source)
        {
            case "STATUS_CODE":
                return new(response => Value(response.Status));
            case "RESPONSE_TIME":
                return new(response => Value((long)response.Time.TotalMilliseconds));
            case "HEADERS" when property.Length == 0:
                return new(response => Value(response.Headers));
            case "HEADERS":
                var inHeader = Part(regex, path);
                return new(response => response.Headers.GetValueOrDefault(property.ToLowerInvariant()) is { } value ? inHeader(value) : null);
            case "TEXT_BODY":
                var inBody = Part(property.Length > 0 ? property : regex, path);
                return new(response => inBody(response.Body));
            case "JSON_BODY":
                var jsonPath = JsonPath.Parse(property.Length > 0 ? property : "$");
                return new(response => jsonPath.Find(Json(response.Body)));
            default:
                throw new UnusableSpecException($"{path}.source is {LogLine.Of(source)}, which this runner does not know");
        }
    }

    private static JsonElement Value<T>(T value) => JsonSerializer.SerializeToElement(value);

    private static JsonElement Json(string body)
    {
        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            throw new UnreadableBodyException("the body is no JSON");
        }
    }

    // The first group is the part, or all that the expression matches if it has none.
    private static Func<string, JsonElement?> Part(string? expression, string path)
    {
        if (string.IsNullOrEmpty(expression))
        {
            return text => Value(text);
        }

        try
        {
            var regex = new Regex(expression, RegexOptions.CultureInvariant, RegexLimit);
            return text => regex.Match(text) is { Success: true } match ? Value(match.Groups[match.Groups.Count > 1 ? 1 : 0].Value) : null;
        }
        catch (RegexParseException e)
        {
            throw new UnusableSpecException(
                string.Create(CultureInfo.InvariantCulture, $"{path} holds a regular expression that cannot be read: {e.Error}"));
        }
    }
}

/// <summary>A body that an assertion cannot look into. The message says why.</summary>
internal sealed class UnreadableBodyException(string message) : Exception(message);
