using MQTTnet;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// What subscribers are told, and when. Each run is told to be over exactly when it is settled, by whichever fact comes first;
/// whatever a runner reports afterwards changes nothing that clients are shown.
/// </summary>
internal static class SuiteMessages
{
    /// <summary>What an event means to subscribers, from how the session was before it and is after it.</summary>
    public static IEnumerable<SuiteMessage> Of(SuiteKey suite, Session before, Session after, ISessionEvent data)
    {
        if (data is not IRunEvent e
            || before.FindRun(e.SequenceId) is not { IsOpen: true }
            || after.FindRun(e.SequenceId) is not { } run)
        {
            return [];
        }

        return (run.IsOpen, data) switch
        {
            (false, _) => Settled(suite, after, run),
            (true, RunStarted) => [SuiteMessage.Started(suite, run)],
            (true, ResultReported) => [SuiteMessage.Reported(suite, RunResult.AttemptsOf(run).Last())],
            _ => [],
        };
    }

    /// <summary>Where each run of a session stands, in the order of the runs; queued ones are left out. Made one by one, as they are read.</summary>
    public static IEnumerable<SuiteMessage> Now(SuiteKey suite, Session session) => session.Runs.SelectMany(run => run switch
    {
        { IsOpen: false } => Settled(suite, session, run),
        { StartedAt: not null } => [SuiteMessage.Started(suite, run)],
        _ => [],
    });

    /// <summary>
    /// A run that ends without having started is told as started first: the command line goes on waiting for starts, 20 seconds from the
    /// beginning, and does not exit before.
    /// </summary>
    private static IEnumerable<SuiteMessage> Settled(SuiteKey suite, Session session, Run run)
    {
        if (run.StartedAt is null)
        {
            yield return SuiteMessage.Started(suite, run);
        }

        yield return SuiteMessage.Reported(suite, RunResult.Of(session.Kind, run));
    }
}

/// <summary>A message as it goes to a client.</summary>
public sealed record SuiteMessage(MqttApplicationMessage Content)
{
    /// <summary>What it takes in memory, in bytes.</summary>
    public int Size => (Content.Topic.Length * sizeof(char)) + (int)Content.Payload.Length;

    /// <summary>A run is being executed.</summary>
    public static SuiteMessage Started(SuiteKey suite, Run run) => Of(suite, run, "run-start", new { });

    /// <summary>A failed try, or the final result; of a run that the ledger gave up on, why.</summary>
    public static SuiteMessage Reported(SuiteKey suite, RunResult result) => result.Explanation is { } explanation
        ? Of(suite, result.Run, "error", explanation)
        : Of(suite, result.Run, "result", new { ResultType = result.Scope, TestResultId = result.Id, Result = new LiveResult(result) });

    private static SuiteMessage Of<T>(SuiteKey suite, Run run, string subtopic, T payload) => new(new MqttApplicationMessage
    {
        Topic = ResultTopic.Of(suite, run, subtopic),
        PayloadSegment = JsonSerializer.SerializeToUtf8Bytes(payload, Json.Options),
    });
}

/// <summary>
/// A result as live messages show it. It has neither <c>sourceFile</c>, which clients choke on, nor <c>assets</c>, which they would fetch.
/// One with errors has failures as well: the command line looks at <c>hasFailures</c> alone, and a check that could not be
/// executed must not be counted as passed.
/// </summary>
internal sealed class LiveResult(RunResult result)
{
    private readonly ResultDetails details = new(result);

    public string Name => result.Run.Plan.Name;
    public string CheckType => result.Run.Plan.CheckType;
    public bool HasFailures => result.HasFailures || result.HasErrors;
    public bool HasErrors => result.HasErrors;
    public bool IsDegraded => result.IsDegraded;
    public bool IsCancelled => result.IsCancelled;
    public DateTimeOffset? StartedAt => result.StartedAt;
    public DateTimeOffset? StoppedAt => result.StoppedAt;
    public long? ResponseTime => result.ResponseTime;
    public string RunLocation => result.Run.Plan.Location;

    /// <summary>The output: a list, or for a request one list for each of its phases.</summary>
    public JsonNode Logs => details.Logs;

    /// <summary>A request and what came of it; absent for every other check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonObject? CheckRunData => details.CheckRunData;

    /// <summary>Why it went wrong, as far as nothing else tells it; absent when it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RunError => details.RunError;
}

/// <summary>
/// The topics of a suite: <c>account/{accountId}/ad-hoc-check-results/{checkRunSuiteId}/{sequenceId}/{checkRunId}/{subtopic}</c>.
/// Uuids are written in lower case, and read in either.
/// </summary>
internal static class ResultTopic
{
    private const string AnythingBelow = "#";
    private const string Account = "account";
    private const string Results = "ad-hoc-check-results";
    private const int OfSuite = 4;
    private const int OfMessage = 7;

    /// <summary>
    /// The topic of a message about a run. The check run's id is the one that the client gave it (<c>sourceInfo.checkRunId</c>); a run that was
    /// given none has its sequence id there once more.
    /// </summary>
    public static string Of(SuiteKey suite, Run run, string subtopic) =>
        $"{OfSuiteAlone(suite)}/{run.SequenceId}/{PlannedJob.CheckRunIdOf(run) ?? run.SequenceId}/{subtopic}";

    /// <summary>
    /// The suite that a filter is about, and the filter as topics are written. Null unless it names one suite of the account and can match
    /// a message: <c>+/+/+</c> after the suite, <c>#</c>, or anything narrower.
    /// </summary>
    public static (SuiteKey Suite, string Filter)? Read(string filter, Guid accountId)
    {
        // No filter of a suite has more levels, and none is looked at further.
        var levels = filter.Split('/', OfMessage + 2);
        var isOfMessages = levels.Length == OfMessage || (levels.Length is > OfSuite and <= OfMessage + 1 && levels[^1] is AnythingBelow);
        if (!isOfMessages
            || levels[0] != Account
            || !Guid.TryParseExact(levels[1], "D", out var account)
            || account != accountId
            || levels[2] != Results
            || !Guid.TryParseExact(levels[3], "D", out var suiteId)
            || levels[OfSuite..].Any(level => level.Length > 1 && level.AsSpan().ContainsAny('+', '#'))
            || levels[OfSuite..^1].Contains(AnythingBelow))
        {
            return null;
        }

        var suite = new SuiteKey(account, suiteId);
        return (suite, $"{OfSuiteAlone(suite)}/{string.Join('/', levels[OfSuite..])}");
    }

    private static string OfSuiteAlone(SuiteKey suite) => $"{Account}/{suite.AccountId}/{Results}/{suite.SuiteId}";
}
