using System.Collections.Frozen;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Sessions;

/// <summary>The session that the tests speak about, its events and the commands on it, with everything that does not matter filled in.</summary>
internal static class Checkout
{
    public const string Runner = "runner-1";
    public const string OtherRunner = "runner-2";
    public const string Api = "API";

    public static readonly Guid Account = new("b0e70000-0000-4000-8000-000000000001");
    public static readonly Guid SessionId = new("7c1d0000-0000-4000-8000-000000000001");
    public static readonly Guid A = new("aaaaaaaa-0000-4000-8000-000000000001");
    public static readonly Guid B = new("bbbbbbbb-0000-4000-8000-000000000002");
    public static readonly Guid C = new("cccccccc-0000-4000-8000-000000000003");
    public static readonly Guid Unknown = new("ffffffff-0000-4000-8000-000000000009");
    public static readonly Guid FirstCancel = new("ca000000-0000-4000-8000-000000000001");
    public static readonly Guid SecondCancel = new("ca000000-0000-4000-8000-000000000002");
    public static readonly Guid FirstResult = new("5e000000-0000-4000-8000-000000000001");
    public static readonly Guid SecondResult = new("5e000000-0000-4000-8000-000000000002");

    /// <summary>When everything that is given happened.</summary>
    public static readonly DateTimeOffset Before = new(2026, 8, 18, 10, 53, 7, 123, TimeSpan.Zero);

    /// <summary>When the decision is made.</summary>
    public static readonly DateTimeOffset Now = Before.AddMinutes(1);

    public static readonly Actor Alice = new(ActorKind.User, "key-1", "Alice");
    public static readonly Actor Bob = new(ActorKind.ApiKey, "key-2", "Bob");

    public static PlannedRun Plan(Guid id, string type = CheckTypes.Playwright) =>
        new(id, null, type, "Checkout suite", "eu-central-1", null, TimeoutSeconds: 60);

    public static SessionTriggered Triggered(params PlannedRun[] runs) => new(
        SessionId,
        Account,
        SessionKind.Check,
        null,
        "Checkout suite",
        SessionSource.TriggerApi,
        Alice,
        null,
        ConflictBehaviour.Queue,
        null,
        runs.Length > 0 ? runs : [Plan(A)],
        Before);

    public static SessionTriggered PlainRun() => Triggered(Plan(A, Api)) with { Kind = SessionKind.Run };

    /// <summary>Stands where a test does not care for what an event says of its run; <see cref="Outcome{T}"/> looks at that of every decision.</summary>
    public static readonly RunFacts Facts = new(SessionKind.Check, null, null, Api, "Any", "anywhere", null, null, null);

    public static RunClaimed Claimed(Guid run) => new(run, Facts, Runner, 30, Before);

    public static RunStarted Started(Guid run) => new(run, Facts, Runner, Before);

    public static CancelRequested Requested(params Guid[] targets) =>
        new(FirstCancel, Alice, CancelVia.Checkly, CancelCause.User, null, false, targets, [], null, null, Before);

    /// <summary>The escalation of a cancel by the ledger's own deadline.</summary>
    public static CancelRequested Escalated(params Guid[] targets) =>
        Requested(targets) with { Actor = Actor.Deadlines, Via = CancelVia.Ledger, Forced = true };

    public static CancelRefused Refused(params SkippedRun[] skipped) =>
        new(FirstCancel, Alice, CancelVia.Checkly, CancelCause.User, null, skipped, null, Before);

    public static CancelDelivered Delivered(Guid run, DeliveryChannel channel = DeliveryChannel.Stream) =>
        new(FirstCancel, run, Facts, Runner, channel, Before);

    public static CancelAcknowledged Acknowledged(Guid run) => new(FirstCancel, run, Facts, Runner, Before);

    public static RunAborted NeverStarted(Guid run) =>
        new(FirstCancel, run, Facts, null, AbortManner.NeverStarted, null, null, null, null, Before);

    public static RunAborted Aborted(Guid run) =>
        new(FirstCancel, run, Facts, Runner, AbortManner.Killed, 137, "SIGKILL", 5012, new StopEvidence(0), Before);

    public static ResultReported Passed(Guid run) => new(
        FirstResult, run, Facts, Runner, ResultType.Final, true, false, false, false, false, false, 1200, null, null, 1, null, Before);

    public static ResultReported Failed(Guid run) => Passed(run) with { HasFailures = true };

    public static ResultReported Degraded(Guid run) => Passed(run) with { IsDegraded = true };

    public static ResultReported Attempted(Guid run) =>
        Passed(run) with { ResultId = SecondResult, ResultType = ResultType.Attempt, Settles = false, HasFailures = true };

    public static ResultReported ReportedCancelled(Guid run) => Passed(run) with { IsCancelled = true };

    /// <summary>The final report after an abort: details, no settlement.</summary>
    public static ResultReported DetailsOfTheAbort(Guid run) => ReportedCancelled(run) with { Settles = false };

    public static CancelExpired Expired(Guid run) => new(FirstCancel, run, Facts, Before);

    public static RunTimedOut TimedOut(Guid run) => new(run, Facts, 60, Before);

    public static RunLost Lost(Guid run) => new(run, Facts, Runner, Before);

    public static RunRequeued Requeued(Guid run) => new(run, Facts, Runner, Before);

    public static LateReport LateResult(ResultReported result) =>
        new(result.SequenceId, Facts, Runner, LateReportKind.Result, result.ResultId, result with { Settles = false }, null, Before);

    public static LateReport LateAbort(RunAborted abort) =>
        new(abort.SequenceId, Facts, Runner, LateReportKind.Abort, abort.CancelId, null, abort, Before);

    public static LateReport LateAcknowledgement(Guid run) =>
        new(run, Facts, Runner, LateReportKind.Acknowledgement, FirstCancel, null, null, Before);

    public static LateReport LateStart(Guid run) => new(run, Facts, Runner, LateReportKind.Start, null, null, null, Before);

    /// <summary>The events that bring a run into execution.</summary>
    public static ISessionEvent[] Running(params PlannedRun[] runs)
    {
        var triggered = Triggered(runs);
        return [triggered, .. triggered.Runs.SelectMany(run => new ISessionEvent[] { Claimed(run.SequenceId), Started(run.SequenceId) })];
    }

    /// <summary>The events up to an open cancel of one running run.</summary>
    public static ISessionEvent[] Cancelling() => [.. Running(), Requested(A)];

    public static RequestCancel Cancel(params Guid[]? runs) =>
        new(FirstCancel, Alice, CancelVia.Checkly, CancelCause.User, null, false, runs is { Length: > 0 } ? runs : null);

    public static ReportResult Report(ResultReported result) => new(
        result.ResultId,
        result.SequenceId,
        result.RunnerId,
        result.ResultType,
        result.HasFailures,
        result.HasErrors,
        result.IsDegraded,
        result.IsCancelled,
        result.ResponseTime,
        result.StartedAt,
        result.StoppedAt,
        result.Attempt,
        result.Details);

    public static AbortRun Abort(RunAborted abort) => new(
        abort.SequenceId, abort.CancelId, abort.RunnerId!, abort.How, abort.ExitCode, abort.Signal, abort.DurationMs, abort.Evidence);

    public static CancelPolicy Types(params string[] types) => new(types.ToFrozenSet(StringComparer.Ordinal));
}
