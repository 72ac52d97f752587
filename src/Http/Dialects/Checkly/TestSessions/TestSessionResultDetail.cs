using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>
/// A single result of a test session: the concise one and more (wire.md 3.8), with what the runner reported as details under the check's
/// own type (<see cref="ResultDetails"/>).
/// </summary>
public sealed record TestSessionResultDetail : TestSessionResult
{
    private TestSessionResultDetail(TestSessionResult concise)
        : base(concise)
    {
    }

    /// <summary>The same as the result's id.</summary>
    public Guid Id => TestSessionResultId;

    public bool IsCancelled { get; private init; }

    public bool OverMaxResponseTime { get; private init; }

    public int Attempts { get; private init; }

    public Guid SequenceId { get; private init; }

    public string? TraceId => null;

    public string? ScheduleError => null;

    public string? FilePath => null;

    public Guid? PrivateLocationId => null;

    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAt { get; private init; }

    [JsonPropertyName("updated_at")]
    public DateTimeOffset? UpdatedAt { get; private init; }

    public JsonElement? ApiCheckResult { get; private init; }

    public JsonElement? BrowserCheckResult { get; private init; }

    public JsonElement? MultiStepCheckResult { get; private init; }

    public JsonElement? PlaywrightCheckResult { get; private init; }

    public JsonElement? AgenticCheckResult { get; private init; }

    public static new TestSessionResultDetail Of(Session session, RunResult result, ChecklyLinks links)
    {
        var details = new ResultDetails(result);
        return new TestSessionResultDetail(TestSessionResult.Of(session, result, links))
        {
            IsCancelled = result.IsCancelled,
            OverMaxResponseTime = result.OverMaxResponseTime,
            Attempts = result.Attempts,
            SequenceId = result.Run.SequenceId,
            CreatedAt = result.ReportedAt ?? session.TriggeredAt,
            UpdatedAt = result.ReportedAt ?? result.Run.SettledAt,
            ApiCheckResult = details.Api,
            BrowserCheckResult = details.Browser,
            MultiStepCheckResult = details.MultiStep,
            PlaywrightCheckResult = details.Playwright,
            AgenticCheckResult = details.Agentic,
        };
    }
}
