using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Ledger.Http.Tests.Hosting;

/// <summary>What most tests call, in their words.</summary>
internal static class Calls
{
    /// <summary>Sends a request, with a JSON body if there is one.</summary>
    public static async Task<Answer> CallAsync(
        this HttpClient client, HttpMethod method, string path, object? body = null, params IReadOnlyList<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : body as HttpContent ?? JsonContent.Create(body);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new Answer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text));
    }

    public static Task<Answer> PostBodyAsync(this HttpClient client, string path, object? body, params IReadOnlyList<(string, string)> headers) =>
        client.CallAsync(HttpMethod.Post, path, body, headers);

    public static Task<Answer> ReadAsync(this HttpClient client, string path) => client.CallAsync(HttpMethod.Get, path);

    /// <summary>Triggers a session with one Playwright run at each location.</summary>
    public static async Task<Triggered> TriggerAsync(this HttpClient client, params IReadOnlyList<string> locations) =>
        await client.TriggerAsync(new
        {
            kind = "check",
            name = "Checkout",
            runs = locations.Select(location => new { checkType = "PLAYWRIGHT", name = "checkout", location }),
        });

    /// <summary>Triggers a session.</summary>
    public static async Task<Triggered> TriggerAsync(this HttpClient client, object body)
    {
        var made = await client.PostBodyAsync("/ledger/sessions", body);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body.ToString());
        return new Triggered(
            made.Body.GetProperty("sessionId").GetGuid(),
            made.Body.GetProperty("number").GetInt64(),
            [.. made.Body.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("sequenceId").GetGuid())]);
    }

    /// <summary>The session as it stands.</summary>
    public static async Task<JsonElement> SessionAsync(this HttpClient client, Guid sessionId) =>
        (await client.ReadAsync($"/ledger/sessions/{sessionId}")).Body;

    /// <summary>The types of the session's events, in order.</summary>
    public static async Task<IReadOnlyList<string>> EventTypesAsync(this HttpClient client, Guid sessionId) =>
    [
        .. (await client.ReadAsync($"/ledger/sessions/{sessionId}/events")).Body.EnumerateArray()
            .Select(recorded => recorded.GetProperty("type").GetString()!),
    ];

    /// <summary>The position of the last event of the whole log.</summary>
    public static async Task<long> HeadAsync(this HttpClient client) =>
        (await client.ReadAsync("/health/ready")).Body.GetProperty("position").GetInt64();
}

/// <summary>An answer.</summary>
internal sealed record Answer(HttpStatusCode Status, string? MediaType, JsonElement Body);

/// <summary>A session that was triggered.</summary>
internal sealed record Triggered(Guid SessionId, long Number, IReadOnlyList<Guid> Runs)
{
    public Guid Run => Runs[0];
}
