using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Sessions;
using Ledger.Streams;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.Empirical.Reads;

/// <summary>A test run on its own: what lists show, and how it was cancelled (wire.md 6.2).</summary>
public sealed record TestRunDetail : TestRun
{
    [SetsRequiredMembers]
    private TestRunDetail(TestRun listed)
        : base(listed)
    {
    }

    /// <summary>The same as <see cref="TestRun.Id"/>.</summary>
    [JsonPropertyName("run_id"), JsonPropertyOrder(1)]
    public long RunId => Id;

    /// <summary>The test cases that the trigger asked for; when it asked for all, those that the runner has reported.</summary>
    [JsonPropertyName("test_case_ids"), JsonPropertyOrder(1)]
    public IReadOnlyList<JsonElement> TestCaseIds { get; init; } = [];

    /// <summary>When it was cancelled; null, like the two below, unless it is.</summary>
    [JsonPropertyName("cancelled_at"), JsonPropertyOrder(1)]
    public DateTimeOffset? CancelledAt { get; init; }

    /// <summary>Who asked first: the owner of the key, or the part of the ledger that did.</summary>
    [JsonPropertyName("cancelled_by"), JsonPropertyOrder(1)]
    public string? CancelledBy { get; init; }

    /// <summary>The first reason.</summary>
    [JsonPropertyName("cancel_reason"), JsonPropertyOrder(1)]
    public string? CancelReason { get; init; }

    public static new TestRunDetail Of(SessionSnapshot snapshot)
    {
        var session = snapshot.Session;
        var run = session.Runs[0];
        var cancel = run is { State: RunState.Cancelled, Cancel: { } facts } ? session.Cancels[facts.CancelId] : null;
        return new TestRunDetail(TestRun.Of(snapshot))
        {
            TestCaseIds = new TestRunFacts(session.Metadata).TestCaseIds
                ?? [.. TestCase.Of(run).Select(test => JsonSerializer.SerializeToElement(test.Id))],
            CancelledAt = cancel is null ? null : run.SettledAt,
            CancelledBy = cancel is null ? null : cancel.Actor.Name ?? cancel.Actor.Id,
            CancelReason = cancel?.Reason,
        };
    }
}

/// <summary>What a read of a test run answers with; two of its names are not in this dialect's own style (wire.md 6.2).</summary>
public sealed record TestRunRead([property: JsonPropertyName("test_run")] TestRunWithCases TestRun);

/// <summary>A test run with its cases.</summary>
public sealed record TestRunWithCases(
    [property: JsonPropertyName("testRun")] TestRunDetail TestRun,
    [property: JsonPropertyName("flattenedSummaryDetails")] IReadOnlyList<CaseSummary> FlattenedSummaryDetails);

/// <summary>What a client polls.</summary>
public sealed record TestRunStatus(
    [property: JsonPropertyName("run_id")] long RunId,
    TestRunState State,
    [property: JsonPropertyName("test_case_ids")] IReadOnlyList<JsonElement> TestCaseIds,
    [property: JsonPropertyName("total_count")] int TotalCount);
