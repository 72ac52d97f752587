using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Requests;
using Ledger.Sessions;
using MQTTnet;

namespace Ledger.Http.Checkly.Live;

/// <summary>A message as it goes to every subscriber of a suite: made once, however many they are.</summary>
/// <param name="Content">Its topic and its payload.</param>
public sealed record SuiteMessage(MqttApplicationMessage Content)
{
    /// <summary>What it takes in memory, in bytes.</summary>
    public int Size => (Content.Topic.Length * sizeof(char)) + (int)Content.Payload.Length;

    /// <summary>A run is being executed.</summary>
    public static SuiteMessage Started(SuiteKey suite, Run run) => Of(suite, run, ResultTopic.RunStart, new { });

    /// <summary>A failed try, or the final result; of a run that the ledger gave up on, why.</summary>
    public static SuiteMessage Reported(SuiteKey suite, RunResult result) => result.Explanation is { } explanation
        ? Of(suite, result.Run, ResultTopic.Error, explanation)
        : Of(suite, result.Run, ResultTopic.Result, new ResultMessage(result.Scope, result.Id, LiveResult.Of(result)));

    private static SuiteMessage Of<T>(SuiteKey suite, Run run, string subtopic, T payload) => new(new MqttApplicationMessage
    {
        Topic = ResultTopic.Of(suite, run, subtopic),
        PayloadSegment = JsonSerializer.SerializeToUtf8Bytes(payload, Json.Options),
    });
}

/// <summary>The payload of a result.</summary>
public sealed record ResultMessage(ResultScope ResultType, Guid TestResultId, LiveResult Result);

/// <summary>
/// A result as live messages show it. It has neither <c>sourceFile</c>, which clients choke on, nor <c>assets</c>, which they would fetch.
/// One with errors has failures as well: the command line looks at <c>hasFailures</c> alone, and a check that could not be
/// executed must not be counted as passed.
/// </summary>
public sealed record LiveResult(
    string Name,
    string CheckType,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    bool IsCancelled,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    long? ResponseTime,
    string RunLocation)
{
    /// <summary>The output: a list, or for a request one list for each of its phases.</summary>
    public required JsonNode Logs { get; init; }

    /// <summary>A request and what came of it; absent for every other check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonObject? CheckRunData { get; private init; }

    /// <summary>Why it went wrong, as far as nothing else tells it; absent when it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RunError { get; private init; }

    public static LiveResult Of(RunResult result)
    {
        var details = new ResultDetails(result);
        return new LiveResult(
            result.Run.Plan.Name,
            result.Run.Plan.CheckType,
            result.HasFailures || result.HasErrors,
            result.HasErrors,
            result.IsDegraded,
            result.IsCancelled,
            result.StartedAt,
            result.StoppedAt,
            result.ResponseTime,
            result.Run.Plan.Location)
        {
            Logs = details.Logs,
            CheckRunData = details.CheckRunData,
            RunError = details.RunError,
        };
    }
}
