using System.Net;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(HttpResponseMessage Response, string Body)
{
    public HttpStatusCode Status => Response.StatusCode;

    /// <summary>The body as JSON.</summary>
    public JsonElement Json { get; } = Body.Length == 0 ? default : JsonDocument.Parse(Body).RootElement.Clone();

    /// <summary>A member of the body, by a path of names and indexes such as <c>results/0/checkId</c>.</summary>
    public JsonElement this[string path] => Json.At(path);

    /// <summary>Expects the error envelope with all three members (docs/dialects/checkly.md#errors).</summary>
    public void ShouldBeError(HttpStatusCode status, string error, string message)
    {
        Status.ShouldBe(status, Body);
        Json.EnumerateObject().Select(member => member.Name).ShouldBe(["statusCode", "error", "message"]);
        this["statusCode"].GetInt32().ShouldBe((int)status);
        this["error"].GetString().ShouldBe(error);
        this["message"].GetString().ShouldBe(message);
    }

    public void ShouldBeUnauthorized() => ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized", "Bad Token");

    public void ShouldBeForbidden() => ShouldBeError(HttpStatusCode.Forbidden, "Forbidden", "Forbidden");

    public void ShouldBeNotFound(string message) => ShouldBeError(HttpStatusCode.NotFound, "Not Found", message);

    /// <summary>Expects a 400 whose message names the parameter.</summary>
    public void ShouldBeBadRequestNaming(string parameter)
    {
        Status.ShouldBe(HttpStatusCode.BadRequest, Body);
        this["error"].GetString().ShouldBe("Bad Request");
        this["message"].GetString()!.ShouldContain(parameter);
    }
}

internal static class JsonPaths
{
    public static JsonElement At(this JsonElement json, string path) => path.Split('/').Aggregate(
        json, (at, part) => int.TryParse(part, out var index) ? at[index] : at.GetProperty(part));

    public static string Text(this JsonElement json, string path) => json.At(path).GetString()!;

    public static Guid Id(this JsonElement json, string path) => json.At(path).GetGuid();

    public static IReadOnlyList<JsonElement> List(this JsonElement json, string path) => [.. json.At(path).EnumerateArray()];

    public static IReadOnlyList<Guid> Ids(this JsonElement json, string path) =>
        [.. json.At(path).EnumerateArray().Select(item => item.GetGuid())];
}
