using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Checkly.Scheduling;

/// <summary>What checkly@9.5.0 sends, byte for byte but for the ids.</summary>
internal static class CommandLine
{
    public const string Trigger = "/next/test-sessions/trigger";
    public const string Run = "/v1/test-sessions/run";
    public const string UploadBundle = "/next/checkly-storage/upload-code-bundle";

    private static readonly (string, string)[] Headers =
    [
        ("x-checkly-source", "CLI"), ("x-checkly-operator", "manual"), ("x-checkly-cli-version", "9.5.0"),
    ];

    /// <summary>The body of <c>checkly trigger</c>.</summary>
    public static JsonObject TriggerOf(params string[] tags) => Parse("""
        {"name":"Triggered Session","shouldRecord":true,"runLocation":{"type":"PUBLIC","region":"eu-central-1"},
         "checkRunSuiteId":"A41E92E7-55d5-466a-aacf-482362a27b70","targetTags":[],"environmentVariables":[],"repoInfo":null,
         "environment":null,"testRetryStrategy":null,"refreshCache":false}
        """).With("targetTags", new JsonArray([.. tags.Select(tag => new JsonArray(tag))]));

    /// <summary>The body of <c>checkly test</c>.</summary>
    public static JsonObject RunOf(params JsonObject[] jobs) => Parse("""
        {"name":"Demo","project":{"logicalId":"demo"},"sharedFiles":[],"runLocation":{"type":"PUBLIC","region":"eu-central-1"},
         "repoInfo":{"commitId":"5354600","repoUrl":"https://github.com/acme/demo","branchName":"main","commitOwner":"Dana",
                     "commitMessage":"First"},
         "environment":null,"shouldRecord":true,"streamLogs":false,"refreshCache":false}
        """).With("checkRunJobs", new JsonArray([.. jobs]));

    /// <summary>A job for a Playwright project.</summary>
    public static JsonObject PlaywrightJob(Guid bundle) => Parse("""
        {"name":"PW Suite","locations":["eu-central-1"],"tags":["pw"],"frequency":10,"doubleCheck":false,"useGlobalAlertSettings":true,
         "runParallel":false,"environmentVariables":[{"key":"A","value":"1"},{"key":"BASE","value":"x","locked":true}],
         "checkType":"PLAYWRIGHT","browsers":["chromium"],"cacheHash":"909fbd7695c18ddf","playwrightVersion":"1.65.1",
         "installCommand":"npm ci --ignore-scripts","testCommand":"npx playwright test --config playwright.config.ts","workingDir":".",
         "testRetryStrategy":{"type":"FIXED","baseBackoffSeconds":0,"maxRetries":2,"maxDurationSeconds":600,"sameRegion":true},
         "sourceInfo":{"checkRunSuiteId":"dbb5ef77-022d-4d04-a413-0b97362d54bb","checkRunId":"e75e50cd-9fed-4b04-b1e3-78c62338176b",
                       "updateSnapshots":false},
         "logicalId":"pw-suite","filePath":"playwright.config.ts"}
        """).With("codeBundlePath", bundle.ToString());

    /// <summary>A job for an API check in a group.</summary>
    public static JsonObject ApiJob() => Parse("""
        {"name":"Home API","groupId":{"ref":"g"},"useGlobalAlertSettings":true,"runParallel":false,"checkType":"API","shouldFail":false,
         "environmentVariables":[{"key":"OWN","value":"1"}],
         "request":{"url":"{{GROUP_BASE_URL}}/x","method":"POST","headers":[{"key":"x-a","value":"b"}],
                    "queryParameters":[{"key":"q","value":"1"}],"body":"{\"a\":1}","bodyType":"JSON","followRedirects":false,"skipSSL":true,
                    "basicAuth":{"username":"u","password":"p"},
                    "assertions":[{"source":"STATUS_CODE","comparison":"EQUALS","property":"","target":"200","regex":null}]},
         "degradedResponseTime":5000,"maxResponseTime":20000,"testRetryStrategy":null,
         "group":{"name":"G","activated":true,"tags":["gt"],"locations":["eu-west-1"],
                  "apiCheckDefaults":{"headers":[{"key":"X-A","value":"group"},{"key":"x-g","value":"g"}],"queryParameters":[],
                                      "url":"https://example.com","basicAuth":{"username":"","password":""},
                                      "assertions":[{"source":"RESPONSE_TIME","comparison":"LESS_THAN","target":"900"}]},
                  "environmentVariables":[{"key":"OWN","value":"group"},{"key":"GV","value":"g"}],"v":2},
         "sourceInfo":{"checkRunSuiteId":"dbb5ef77-022d-4d04-a413-0b97362d54bb","checkRunId":"0c58d3d2-99b5-491f-bdff-4fb5dd8c9227",
                       "updateSnapshots":false},
         "logicalId":"home-api","filePath":"__checks__/home.check.ts"}
        """);

    /// <summary>A job for a check that the supplied runner cannot execute.</summary>
    public static JsonObject TcpJob() => Parse("""
        {"name":"Tcp","checkType":"TCP","request":{"hostname":"example.com","port":443},"testRetryStrategy":null,
         "sourceInfo":{"checkRunSuiteId":"dbb5ef77-022d-4d04-a413-0b97362d54bb","checkRunId":"0c341f78-e386-4cc5-a6ac-be9ff0023057"},
         "logicalId":"tcp","filePath":"__checks__/more.check.ts"}
        """);

    /// <summary>A session is to have a name of its own, so that a test finds it.</summary>
    public static string NewName() => $"Session {Guid.NewGuid():N}";

    public static JsonObject With(this JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    public static JsonObject Without(this JsonObject json, string name)
    {
        json.Remove(name);
        return json;
    }

    public static Task<Answer> TriggerAsync(this ChecklyLedger ledger, JsonNode? body, string? key = null) => ledger.SendAsync(
        HttpMethod.Post, Trigger, new StringContent(body?.ToJsonString() ?? "null", Encoding.UTF8, "application/json"), key, Headers);

    /// <summary>Sends a run request compressed and in chunks.</summary>
    public static Task<Answer> RunAsync(this ChecklyLedger ledger, JsonNode? body, string? key = null) =>
        ledger.RunAsync(Encoding.UTF8.GetBytes(body?.ToJsonString() ?? "null"), key);

    /// <inheritdoc cref="RunAsync(ChecklyLedger, JsonNode?, string?)"/>
    public static Task<Answer> RunAsync(this ChecklyLedger ledger, byte[] body, string? key = null)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        compressed.Position = 0;
        return ledger.SendAsync(HttpMethod.Post, Run, new ChunkedContent(compressed), key, [.. Headers, ("Transfer-Encoding", "chunked")]);
    }

    /// <summary>Uploads a bundle and gives its key.</summary>
    public static async Task<Guid> UploadAsync(this ChecklyLedger ledger, byte[]? bytes = null, string? key = null)
    {
        var answer = await ledger.SendAsync(HttpMethod.Post, UploadBundle, new ByteArrayContent(bytes ?? [1, 2, 3]), key);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer["key"].GetGuid();
    }

    /// <summary>The position of the last event: it tells whether anything was appended.</summary>
    public static Task<long> HeadAsync(this ChecklyLedger ledger) => ledger.Running.Client.HeadAsync();

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    /// <summary>Bytes of an unknown length.</summary>
    private sealed class ChunkedContent : StreamContent
    {
        public ChunkedContent(Stream bytes)
            : base(bytes)
        {
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
            Headers.ContentEncoding.Add("gzip");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
