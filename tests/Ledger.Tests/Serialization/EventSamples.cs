using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Serialization;

/// <summary>One event of every type with every member filled in, and for the members that may be absent one without them.</summary>
internal static class EventSamples
{
    private static readonly Guid SessionId = new("7c1d3a52-0b0e-4a8f-9c55-1f3a7e9b2d10");
    private static readonly Guid Successor = new("7c1d3a52-0b0e-4a8f-9c55-1f3a7e9b2d11");
    private static readonly Guid Account = new("b0e7f0a1-5d2c-4c3e-8f6a-9b8c7d6e5f40");
    private static readonly Guid Check = new("5a0f6f4e-6c55-4f0a-8a1d-5a3c9e0c7b21");
    private static readonly Guid Run = new("0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11");
    private static readonly Guid OtherRun = new("0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c12");
    private static readonly Guid Cancel = new("c4d5e6f7-0819-4a2b-8c3d-4e5f60718293");
    private static readonly Guid Result = new("e2b6d3f0-8a0b-4d0a-b1c6-0a9f3c1d7e55");
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 8, 18, 10, 53, 7, 123, TimeSpan.Zero).AddMicroseconds(456);
    private static readonly Actor Alice = new(ActorKind.ApiKey, "key-1", "Alice");
    private static readonly Dictionary<string, string> Origin = new(StringComparer.Ordinal) { ["source"] = "CLI", ["ciName"] = "Grüße" };

    private static readonly RunFacts Facts =
        new(SessionKind.Check, "shop", Check, "PLAYWRIGHT", "Checkout", "eu-central-1", At.AddSeconds(-41), Cancel, CancelCause.FailFast);

    private static readonly RunFacts PlainFacts = new(
        SessionKind.Run, null, null, "PLAYWRIGHT", "Run 17", "default", null, null, null,
        new PlainRunFacts(At.AddMinutes(-1), "staging", "main", IsRerun: true));

    private static readonly RunAborted Abort =
        new(Cancel, Run, Facts, "runner-1", AbortManner.ContainerStopped, 137, "SIGKILL", 5012, new StopEvidence(0), At);

    private static readonly ResultReported Report = new(
        Result, Run, Facts, "runner-1", ResultType.Final, true, true, true, true, true, true, 41230, At.AddSeconds(-41), At, 2, Json("""{"Step":null,"n":1.50}"""), At);

    public static IReadOnlyDictionary<string, ISessionEvent> All { get; } = new Dictionary<string, ISessionEvent>(StringComparer.Ordinal)
    {
        ["a trigger"] = new SessionTriggered(
            SessionId,
            Account,
            SessionKind.Check,
            "shop",
            "Checkout suite",
            SessionSource.TriggerApi,
            Alice,
            "main",
            ConflictBehaviour.CancelPrevious,
            Json("""{"git":{"branch":"main"}}"""),
            [
                new PlannedRun(Run, Check, "PLAYWRIGHT", "Checkout", "eu-central-1", Json("""{"command":["npx","playwright"]}"""), 60, 1000, 2000),
                new PlannedRun(OtherRun, null, "API", "Ping", "us-east-1", null, SpecApart: true),
            ],
            At),
        ["a trigger of a plain run"] = new SessionTriggered(
            SessionId, Account, SessionKind.Run, null, "Run 17", SessionSource.ScheduleNow, new Actor(ActorKind.System, "scheduler"), null,
            ConflictBehaviour.Queue, null, [new PlannedRun(Run, null, "PLAYWRIGHT", "Run 17", "default", null)], At),
        ["a claim"] = new RunClaimed(Run, Facts, "runner-1", 30, At),
        ["a start"] = new RunStarted(Run, Facts, "runner-1", At),
        ["a cancel"] = new CancelRequested(
            Cancel, Alice, CancelVia.TesterArmy, CancelCause.FailFast, "login failed", true, [Run],
            [new SkippedRun(OtherRun, SkipReason.NotCancellable)], Successor, Origin, At),
        ["a cancel of few words"] = new CancelRequested(
            Cancel, new Actor(ActorKind.User, "user-1"), CancelVia.Checkly, CancelCause.User, null, false, [Run, OtherRun], [], null, null, At),
        ["a refused cancel"] = new CancelRefused(
            Cancel, Alice, CancelVia.Ui, CancelCause.System, "too slow", [new SkippedRun(Run, SkipReason.AlreadyFinished)], Origin, At),
        ["a delivery"] = new CancelDelivered(Cancel, Run, Facts, "runner-1", DeliveryChannel.Heartbeat, At),
        ["an acknowledgement"] = new CancelAcknowledged(Cancel, Run, Facts, "runner-1", At),
        ["an abort"] = Abort,
        ["an abort in the queue"] = new RunAborted(Cancel, Run, PlainFacts, null, AbortManner.NeverStarted, null, null, null, null, At),
        ["a result"] = Report,
        ["an attempt"] = new ResultReported(
            Result, Run, Facts, "runner-1", ResultType.Attempt, false, false, false, false, false, false, null, null, null, 1, null, At),
        ["an expiry"] = new CancelExpired(Cancel, Run, Facts, At),
        ["a time-out"] = new RunTimedOut(Run, Facts, 60, At),
        ["a return to the queue"] = new RunRequeued(Run, Facts, "runner-1", At),
        ["a loss"] = new RunLost(Run, Facts, "runner-1", At),
        ["a loss of a run that nobody began"] = new RunLost(Run, Facts, "runner-1", At, "claims that never began: 6"),
        ["a late result"] = new LateReport(Run, Facts, "runner-1", LateReportKind.Result, Result, Report with { Settles = false }, null, At),
        ["a late abort"] = new LateReport(Run, Facts, "runner-1", LateReportKind.Abort, Cancel, null, Abort, At),
        ["a late start"] = new LateReport(Run, Facts, "runner-1", LateReportKind.Start, null, null, null, At),
    };

    /// <summary>The session of the samples in each state that its first run can be in before it is settled.</summary>
    public static IEnumerable<Session> UntilSettled()
    {
        var session = Session.Create((SessionTriggered)All["a trigger"]);
        yield return session;
        foreach (var name in (string[])["a claim", "a start", "a cancel", "a delivery", "an acknowledgement"])
        {
            session = Session.Fold(session, All[name]);
            yield return session;
        }
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
