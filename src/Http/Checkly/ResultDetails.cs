using System.Text.RegularExpressions;

namespace Ledger.Http.Checkly;

/// <summary>
/// Why a result is as it is, in the shapes that the vendor describes. A platform's own runner reports in these shapes; of what it reports the
/// described members are shown. The supplied runner reports in words of its own (docs/runner.md#results), which are translated. Neither
/// shows where on the runner's machine a run lay.
/// </summary>
internal sealed class ResultDetails
{
    private static readonly string[] Recordings = ["playwrightTestVideos", "playwrightTestTraces", "playwrightTestJsonReportFile"];

    private static readonly string[] ScriptMembers = ["errors", "endTime", "startTime", "runtimeVersion", "jobLog", "jobAssets", .. Recordings];

    private static readonly string[] ProbeMembers = ["timingPhases", "requestError", "request", "assertions", "response"];

    private readonly RunResult result;
    private readonly JsonElement? details;
    private readonly string? message;
    private readonly string? log;
    private readonly IReadOnlyList<TestCase> tests;

    public ResultDetails(RunResult result)
    {
        this.result = result;
        details = result.Details;
        message = Shown(details.Text("message")) ?? result.Explanation;
        log = Shown(details.Text("log"));
        tests = TestCase.Of(details);
    }

    /// <summary>Why it went wrong, in a sentence or two; null for a result that did not.</summary>
    public string? Reason => !result.HasErrors && !result.HasFailures ? null
        : message
            ?? (Failed.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Failed.Count} of {tests.Count} tests failed.") : null)
            ?? (details.Member("exitCode") is { ValueKind: JsonValueKind.Number } code ? $"The command ended with exit code {code}." : null);

    /// <summary>The reason of a run that was never executed; null for every other.</summary>
    public string? ScheduleError => result is { HasErrors: true, StartedAt: null } ? Reason : null;

    /// <summary>The reason, as far as <see cref="CheckRunData"/> does not tell it.</summary>
    public string? RunError => CheckRunData is { } data
        && (data["requestError"] is not null || (data["assertions"] as JsonArray)?.Any(assertion => assertion?["error"] is not null) is true)
            ? null
            : Reason;

    /// <summary>The output: by the phases of a request for a check that is one.</summary>
    public JsonNode Logs => IsRequest
        ? new JsonObject { ["setup"] = new JsonArray(), ["request"] = Entries, ["teardown"] = new JsonArray() }
        : Entries;

    /// <summary>
    /// The request of a check that is one, and what came of it, as the command line reads it: it asks bodies for their length without a
    /// look whether they are there. Null for every other check, and when no request was made.
    /// </summary>
    public JsonObject? CheckRunData
    {
        get
        {
            var data = Api is { } api ? (JsonObject)JsonSerializer.SerializeToNode(api)! : null;
            data?.Remove("jobLog");
            (data?["request"] as JsonObject)?.TryAdd("data", "");
            (data?["response"] as JsonObject)?.TryAdd("body", "");
            return data;
        }
    }

    /// <summary>Clients read <c>request</c> and <c>response</c> without a look whether they are there: without them it is left out.</summary>
    public JsonElement? Api => Of(IsRequest, ["assertions", "request", "response", "requestError", "jobLog", "jobAssets"], api =>
    {
        if (details.Member("api") is { ValueKind: JsonValueKind.Object } own)
        {
            foreach (var (name, value) in JsonObject.Create(own)!)
            {
                api.TryAdd(name, value?.DeepClone());
            }

            (api["response"] as JsonObject)?.Remove("responseTimeMs");
            api["response"] ??= new JsonObject { ["status"] = 0, ["statusText"] = "No response" };
        }

        return api["request"] is JsonObject && api["response"] is JsonObject;
    });

    public JsonElement? Browser => Scripted("BROWSER", ["type", "traceSummary", "pages", .. ScriptMembers]);

    public JsonElement? MultiStep => Scripted("MULTI_STEP", ScriptMembers);

    public JsonElement? Playwright => Of(
        Is(CheckTypes.Playwright),
        ["errors", "playwrightTraceFiles", "jobLog", "jobAssets", .. Recordings],
        playwright => playwright.ContainsKey("errors") || playwright.TryAdd("errors", Errors));

    public JsonElement? Agentic => Of(
        Is("AGENTIC"),
        ["summary", "prompt", "assertions", "suggestions", "steps", "errors", "artifactManifest"],
        agentic => agentic.ContainsKey("errors")
            || agentic.TryAdd("errors", new JsonArray([.. Errors.Select(error => new JsonObject { ["error"] = error!.DeepClone() })])));

    public JsonElement? Traceroute => Probe("TRACEROUTE", ["totalHops", "destinationReached", "finalHopLatency"]);

    public JsonElement? Grpc => Probe("GRPC", ["grpcStatusCode", "healthStatus"]);

    public JsonElement? Ssl => Probe(
        "SSL",
        [
            "tlsVersion", "cipherSuite", "daysUntilExpiry", "handshakeTimeMs", "chainTrusted", "hostnameVerified", "baselineVerdict",
            "baselineGrade", "failureCategory",
        ]);

    /// <summary>Whether the check is one HTTP request, which clients show in a form of its own.</summary>
    private bool IsRequest => Is("API") || Is("URL");

    private List<TestCase> Failed =>
        [.. tests.Where(test => test.Status is TestCaseStatus.Failed or TestCaseStatus.TimedOut or TestCaseStatus.Interrupted)];

    /// <summary>What went wrong in each test; without tests, the reason.</summary>
    private JsonArray Errors
    {
        get
        {
            var ofTests = Failed.Select(test => $"{test.Title}{(test.Location is null ? "" : $" ({test.Location})")}: {Said(test)}").ToList();
            IReadOnlyList<string> all = ofTests.Count > 0 ? ofTests : Reason is { } reason ? [reason] : [];
            return [.. all.Select(text => new JsonObject { ["message"] = Shown(text) })];

            static string Said(TestCase test) => test.Errors.Count > 0 ? string.Join('\n', test.Errors) : test.Status.ToString();
        }
    }

    private JsonArray Entries => log is { Length: > 0 }
        ? [new JsonObject
        {
            ["time"] = (result.StoppedAt ?? result.Run.SettledAt)?.ToUnixTimeMilliseconds() ?? 0,
            ["level"] = result.HasErrors || result.HasFailures ? "ERROR" : "INFO",
            ["msg"] = log.TrimEnd(),
        }]
        : [];

    private bool Is(string checkType) => result.Run.Plan.CheckType == checkType;

    /// <summary>Clients read <c>errors</c> without a look whether they are there: without them it is left out.</summary>
    private JsonElement? Scripted(string checkType, IReadOnlyList<string> described) => Of(Is(checkType), described, script =>
    {
        if (Reason is not null && script.TryAdd("errors", Errors))
        {
            script.TryAdd("runtimeVersion", Runtime.OfAccounts.Name);
            if (described.Contains("type"))
            {
                script.TryAdd("type", "none");
            }
        }

        return script["errors"] is JsonArray;
    });

    private JsonElement? Probe(string checkType, IReadOnlyList<string> described) => Of(Is(checkType), [.. described, .. ProbeMembers], probe =>
    {
        if (Reason is { } reason)
        {
            probe.TryAdd("requestError", reason);
        }

        return true;
    });

    /// <summary>The described members of what was reported, and what can be added to them; null when nothing was, or when it is no use.</summary>
    private JsonElement? Of(bool applies, IReadOnlyList<string> described, Func<JsonObject, bool> complete)
    {
        if (!applies || (details is not { ValueKind: JsonValueKind.Object } && message is null))
        {
            return null;
        }

        var shown = new JsonObject();
        foreach (var name in described)
        {
            if (details.Member(name) is { } value)
            {
                shown[name] = JsonSerializer.SerializeToNode(value);
            }
        }

        if (log is not null && described.Contains("jobLog"))
        {
            shown.TryAdd("jobLog", Logs);
        }

        return complete(shown) ? JsonSerializer.SerializeToElement(shown) : null;
    }

    /// <summary>
    /// A text without the directory of the runner's machine that the run lay in: the one that carries the run's id, or the one that the spec
    /// names.
    /// </summary>
    private string? Shown(string? text)
    {
        var sequenceId = result.Run.SequenceId.ToString();
        if (text?.Contains(sequenceId, StringComparison.Ordinal) is true)
        {
            text = Regex.Replace(
                text,
                $"/(?:[^\\s/:\"'`()\\[\\]]+/)*{sequenceId}[\\w.-]*(?:/bundle)?(/?)",
                at => at.Groups[1].Length > 0 ? "" : ".",
                RegexOptions.NonBacktracking);
        }

        return result.Run.Plan.Spec.Text("workingDirectory") is ['/', _, ..] directory
            ? text?.Replace(directory.TrimEnd('/') + '/', "", StringComparison.Ordinal)
            : text;
    }
}
