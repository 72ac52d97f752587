using Ledger.Runner.TestReports;

namespace Ledger.Runner.Wire;

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
    public StopEvidence? Evidence { get; init; }

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
