namespace Ledger.Runner;

/// <summary>Asks for queued runs (docs/http.md#runners).</summary>
/// <param name="Locations">Where this runner stands.</param>
/// <param name="CheckTypes">What it can execute.</param>
/// <param name="Max">How many it can take now.</param>
/// <param name="WaitSeconds">How long the ledger may hold the question when nothing is queued, 0 to 30.</param>
/// <param name="Holds">The runs that it has received: what it claimed beyond these is given again, since an answer was lost.</param>
internal sealed record ClaimRequest(
    IReadOnlyList<string> Locations, IReadOnlyList<string> CheckTypes, int Max, int WaitSeconds, IReadOnlyCollection<Guid> Holds);

/// <summary>The runs that were taken, and every cancel that is still open for this runner.</summary>
internal sealed record ClaimAnswer(IReadOnlyList<ClaimedRun>? Runs, IReadOnlyList<CancelOrder>? Cancels);

/// <summary>One run under a lease.</summary>
/// <param name="SessionId">Its session, which stands in every path.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="CheckType">What kind of check it is.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Location">Where it was asked to run.</param>
/// <param name="Spec">What to execute; opaque to the ledger, see <see cref="RunSpec"/>.</param>
/// <param name="LeaseSeconds">How long the ledger waits for the next heartbeat.</param>
/// <param name="Traceparent">The W3C trace to continue: what the runner says about the run, and what the run does; null for none.</param>
internal sealed record ClaimedRun(
    Guid SessionId,
    Guid SequenceId,
    string? CheckType,
    string? Name,
    string? Location,
    JsonElement? Spec,
    double LeaseSeconds,
    string? Traceparent = null);

/// <summary>A cancel of one run.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="Reason">Why, in the words of whoever asked.</param>
/// <param name="Mode"><c>graceful</c> or <c>force</c>; any other word is graceful.</param>
/// <param name="SequenceId">The run, where signals and claims carry it; heartbeats are about one run anyway.</param>
internal sealed record CancelOrder(Guid CancelId, string? Reason, string? Mode = null, Guid SequenceId = default)
{
    /// <summary>Whether not to wait for the command to end by itself.</summary>
    public bool IsForced => Mode is "force";
}

/// <summary>What the ledger says to any call about one run; each call fills what applies.</summary>
/// <param name="Late">The run was settled already: whatever came changes nothing (docs/domain.md#rule-3).</param>
/// <param name="LeaseSeconds">The renewed lease.</param>
/// <param name="Cancel">The cancel that is open for the run.</param>
internal sealed record RunAnswer(bool? Late, double? LeaseSeconds, CancelOrder? Cancel);

/// <summary>Confirms that this runner is stopping the run.</summary>
internal sealed record Acknowledgement(Guid CancelId);

/// <summary>Execution is over because of a cancel.</summary>
internal sealed record AbortReport(Guid CancelId, string How, int? ExitCode, string? Signal, Remains Evidence, long DurationMs);

/// <summary>A report about a run.</summary>
internal sealed record ResultReport(
    Guid ResultId,
    string ResultType,
    bool HasFailures,
    bool HasErrors,
    bool IsCancelled,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    int? Attempt,
    RunDetails Details);

/// <summary>Asks the ledger to cancel a run that this runner holds, because it shuts down.</summary>
internal sealed record ShutdownCancel(IReadOnlyList<Guid> SequenceIds, string Cause, string Reason);

/// <summary>What became of a cancel request.</summary>
internal sealed record CancelAccepted(Guid CancelId, IReadOnlyList<Guid>? Targeted);

/// <summary>What this runner adds to a result; opaque to the ledger.</summary>
internal sealed record RunDetails
{
    /// <summary>One sentence for people, when the exit code does not say it all.</summary>
    public string? Message { get; init; }

    /// <summary>The exit code of the command.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Where the output lies, on the runner's machine.</summary>
    public string? LogFile { get; init; }

    /// <summary>The end of the output, up to about 8 KB.</summary>
    public string? Log { get; init; }

    /// <summary>The runner ended it at the spec's own <c>timeoutSeconds</c>.</summary>
    public bool? TimedOut { get; init; }

    /// <summary>What was left of it once its end was reached; absent when it was cancelled, as the abort says it then, or never ran.</summary>
    public Remains? Evidence { get; init; }

    /// <summary>The tests inside the run, if it made a report that this runner can read.</summary>
    public IReadOnlyList<TestCase>? TestCases { get; init; }

    /// <summary>How many tests are missing in <see cref="TestCases"/> because there were too many; absent when none is.</summary>
    public int? TestCasesLeftOut { get; init; }

    /// <summary>The request of an API check and what came of it.</summary>
    public ApiDetails? Api { get; init; }
}

/// <summary>A request and what came of it. Variables stand in it by name: their values may be secret.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Response">What was answered; absent if nothing was.</param>
/// <param name="RequestError">Why nothing was answered.</param>
/// <param name="Assertions">Each assertion, in the order of the spec.</param>
internal sealed record ApiDetails(
    ApiRequestDetails Request, ApiResponseDetails? Response, string? RequestError, IReadOnlyList<AssertionDetails> Assertions);

/// <summary>What was asked.</summary>
internal sealed record ApiRequestDetails(string Method, string Url);

/// <summary>What was answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="StatusText">Its reason phrase.</param>
/// <param name="ResponseTimeMs">From the beginning of the request to the end of the body.</param>
internal sealed record ApiResponseDetails(int Status, string? StatusText, long ResponseTimeMs);

/// <summary>An assertion and what it found.</summary>
/// <param name="Source">What of the response it looks at.</param>
/// <param name="Property">Which part of that.</param>
/// <param name="Comparison">How it compares.</param>
/// <param name="Target">With what.</param>
/// <param name="Actual">What it found, as text; absent if there was nothing.</param>
/// <param name="Error">Why it failed; absent if it did not.</param>
internal sealed record AssertionDetails(
    string Source, string Property, string Comparison, string Target, string? Actual, string? Error);

/// <summary>The JSON of the native interface: camelCase, absent instead of null, unknown members of answers ignored.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClaimRequest))]
[JsonSerializable(typeof(ClaimAnswer))]
[JsonSerializable(typeof(CancelOrder))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(Acknowledgement))]
[JsonSerializable(typeof(AbortReport))]
[JsonSerializable(typeof(ResultReport))]
[JsonSerializable(typeof(ShutdownCancel))]
[JsonSerializable(typeof(CancelAccepted))]
[JsonSerializable(typeof(TestCase))]
internal sealed partial class LedgerJson : JsonSerializerContext;
