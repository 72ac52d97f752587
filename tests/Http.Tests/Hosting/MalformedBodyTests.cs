using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Ledger.Http.Tests.Hosting;

/// <summary>No body yields a 500, on whatever route: each member of each body of the description, by each of some values that it is not made for.</summary>
public sealed partial class MalformedBodyTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private const int AtOnce = 4;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private static readonly string[] Bad = ["null", "[null]", "[[null]]", "{}", "{\"a\":null}", "\"\"", "\"\\u0000\"", "-1", "1e400", "999999999999999999999", "[1]", "true"];

    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task Every_member_of_every_body_may_be_anything_and_none_yields_a_500()
    {
        var description = (await client.ReadAsync("/openapi/v1.json")).Body;
        var session = await client.TriggerAsync("malformed");
        var requests = new List<(HttpMethod Method, string Path, string Body)>();
        foreach (var path in description.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                if (operation.Value.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/json", out var json))
                {
                    var address = Parameter().Replace(path.Name, match => match.Value is "{runnerId}" ? "r" : match.Value is "{sequenceId}" ? $"{session.Run}" : $"{session.SessionId}");
                    var whole = Sample(json.GetProperty("schema"), description, depth: 0);
                    requests.AddRange(Mutations(whole).Select(text => (HttpMethod.Parse(operation.Name), address, text)));
                }
            }
        }

        requests.Count.ShouldBeGreaterThan(1_000);
        new Random(20261128).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(requests));
        using var over = new CancellationTokenSource(Longest);
        var sent = 0;
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (request, _) =>
        {
            if (!over.IsCancellationRequested)
            {
                using var message = new HttpRequestMessage(request.Method, request.Path);
                message.Content = new StringContent(request.Body, Encoding.UTF8, "application/json");
                message.Headers.Add("Ledger-Runner", "r");
                using var answer = await client.SendAsync(message, CancellationToken.None);
                ((int)answer.StatusCode).ShouldBeLessThan(500, $"{request.Method} {request.Path} {request.Body}");
                Interlocked.Increment(ref sent);
            }
        });
        sent.ShouldBeGreaterThan(300);
    }

    [Theory]
    [InlineData("/ledger/sessions", """{"kind":"test","name":"x","runs":[null]}""", "$.runs[0]")]
    [InlineData("/ledger/keys", """{"name":"x","scopes":[null]}""", "")]
    [InlineData("/v1/test-sessions/trigger", """{"name":"x","runLocation":"y","environmentVariables":[null]}""", "environmentVariables")]
    public async Task A_null_in_a_list_is_named(string path, string body, string place)
    {
        var refused = await client.PostBodyAsync(path, new StringContent(body));

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Body.GetRawText().ShouldContain(place);
    }

    [Fact]
    public async Task A_body_is_as_deep_as_what_is_kept_and_answered_can_be()
    {
        static string Deep(int depth) => """{"kind":"run","name":"x","runs":[{"checkType":"PLAYWRIGHT","name":"x","location":"deep"}],"metadata":"""
            + string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth + 1);
        for (var depth = 40; depth < 70; depth++)
        {
            var answer = await client.PostBodyAsync("/ledger/sessions", new StringContent(Deep(depth)));
            answer.Status.ShouldBe(depth < 48 ? HttpStatusCode.Created : HttpStatusCode.BadRequest, $"{depth}");
            if (answer.Status is HttpStatusCode.Created)
            {
                (await client.ReadAsync($"/ledger/sessions/{answer.Body.GetProperty("sessionId").GetString()}/events")).Status.ShouldBe(HttpStatusCode.OK, $"{depth}");
            }
        }
    }

    [Theory]
    [InlineData("FFFFFFFFFF")]
    [InlineData("FFFFFFFFFFFFFFFFFF")]
    [InlineData("zz")]
    [InlineData("-1")]
    public async Task A_chunk_of_a_size_that_is_none_is_answered_400(string size)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, fixture.Ledger.Address.Port);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /ledger/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fixture.Ledger.ApiKey}\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{{}}\r\n0\r\n\r\n"));
        using var reader = new StreamReader(stream);

        (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe("HTTP/1.1 400 Bad Request");
    }

    [Fact]
    public async Task A_position_beyond_the_end_of_the_log_is_answered_400_at_once()
    {
        var head = await client.HeadAsync();
        foreach (var path in new[] { "/ledger/sessions", "/ledger/alerts", "/ledger/audit/cancels", "/ledger/reports/checks" })
        {
            await client.ReadAsync(path); // Cold, it takes a while.
            var began = System.Diagnostics.Stopwatch.GetTimestamp();
            var refused = await client.ReadAsync($"{path}?after={head + 1_000_000}");
            refused.Status.ShouldBe(HttpStatusCode.BadRequest, path);
            refused.Body.GetProperty("detail").GetString()!.ShouldContain("beyond the end of the log");
            System.Diagnostics.Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(4), path);
        }
    }

    private static IEnumerable<string> Mutations(JsonNode? whole)
    {
        yield return whole?.ToJsonString() ?? "null";
        foreach (var bad in Bad)
        {
            yield return bad;
        }

        foreach (var place in Places(whole).ToList())
        {
            foreach (var bad in Bad)
            {
                yield return With(whole!, place, bad);
            }
        }
    }

    /// <summary>The text with a value in the place of another: as a text, for some of the values are no JSON of a type.</summary>
    private static string With(JsonNode whole, IReadOnlyList<object> place, string value)
    {
        const string Here = "@@here@@";
        var copy = whole.DeepClone();
        var owner = place.SkipLast(1).Aggregate(copy, (node, step) => step is int index ? node[index]! : node[(string)step]!);
        if (place[^1] is int at)
        {
            owner[at] = Here;
        }
        else
        {
            owner[(string)place[^1]] = Here;
        }

        return copy.ToJsonString().Replace($"\"{Here}\"", value, StringComparison.Ordinal);
    }

    private static IEnumerable<IReadOnlyList<object>> Places(JsonNode? node)
    {
        IEnumerable<(object Step, JsonNode? Value)> inner = node switch
        {
            JsonObject members => members.Select(member => ((object)member.Key, member.Value)),
            JsonArray items => items.Select((item, index) => ((object)index, item)),
            _ => [],
        };
        return inner.SelectMany(each => Places(each.Value).Select(rest => (IReadOnlyList<object>)[each.Step, .. rest]).Prepend([each.Step]));
    }

    /// <summary>A body with every member that the description knows.</summary>
    private static JsonNode? Sample(JsonElement schema, JsonElement description, int depth)
    {
        while (schema.TryGetProperty("$ref", out var reference))
        {
            schema = description.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        foreach (var choice in (string[])["oneOf", "anyOf", "allOf"])
        {
            if (schema.TryGetProperty(choice, out var choices))
            {
                return Sample(choices.EnumerateArray().FirstOrDefault(each => !each.TryGetProperty("type", out var type) || type.ToString() != "null"), description, depth);
            }
        }

        if (schema.TryGetProperty("enum", out var words))
        {
            return JsonSerializer.SerializeToNode(words[0]);
        }

        var kind = schema.TryGetProperty("type", out var types) ? types.ValueKind is JsonValueKind.Array ? types.EnumerateArray().First(type => type.GetString() != "null").GetString() : types.GetString() : null;
        return kind switch
        {
            "array" => depth > 4 ? new JsonArray() : new JsonArray(schema.TryGetProperty("items", out var items) ? Sample(items, description, depth + 1) : new JsonObject { ["a"] = 1 }),
            "integer" or "number" => JsonValue.Create(1),
            "boolean" => JsonValue.Create(true),
            "string" when schema.TryGetProperty("format", out var format) => format.GetString() switch
            {
                "uuid" => JsonValue.Create(Guid.Empty.ToString()),
                "date-time" => JsonValue.Create("2026-01-01T00:00:00Z"),
                _ => JsonValue.Create("x"),
            },
            "string" => JsonValue.Create("PLAYWRIGHT"),
            _ when schema.TryGetProperty("properties", out var members) && depth <= 4 =>
                new JsonObject(members.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, Sample(member.Value, description, depth + 1)))),
            _ => new JsonObject { ["a"] = 1 },
        };
    }

    [GeneratedRegex("[{][^}]*[}]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();
}
