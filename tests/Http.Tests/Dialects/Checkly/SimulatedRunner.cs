using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What runners and deadlines do to a session, without a runner: their commands, run against the ledger's streams.</summary>
internal sealed class SimulatedRunner(SessionWriter sessions, Guid accountId)
{
    private const string RunnerId = "simulated";

    public async Task<Session> ReadAsync(Guid sessionId) =>
        (await sessions.ReadAsync(new StreamId(accountId, sessionId), CancellationToken.None))!.Session;

    public async Task ClaimAsync(Guid sessionId, Guid sequenceId) =>
        await ExecuteAsync(sessionId, (s, now) => ClaimRun.Decide(s, new ClaimRun(sequenceId, RunnerId, 3600), now));

    public async Task StartAsync(Guid sessionId, Guid sequenceId)
    {
        await ClaimAsync(sessionId, sequenceId);
        await ExecuteAsync(sessionId, (s, now) => StartRun.Decide(s, new StartRun(sequenceId, RunnerId), now));
    }

    public async Task StartAllAsync(Guid sessionId)
    {
        foreach (var run in (await ReadAsync(sessionId)).Runs)
        {
            await StartAsync(sessionId, run.SequenceId);
        }
    }

    public Task<Guid> PassAsync(Guid sessionId, Guid sequenceId, long responseTime = 1200) =>
        ReportAsync(sessionId, sequenceId, ResultType.Final, responseTime: responseTime);

    public Task<Guid> FailAsync(Guid sessionId, Guid sequenceId) =>
        ReportAsync(sessionId, sequenceId, ResultType.Final, hasFailures: true);

    public Task<Guid> AttemptAsync(Guid sessionId, Guid sequenceId) =>
        ReportAsync(sessionId, sequenceId, ResultType.Attempt, hasFailures: true);

    /// <summary>Reports a result; the report's id is the answer.</summary>
    public async Task<Guid> ReportAsync(
        Guid sessionId,
        Guid sequenceId,
        ResultType type,
        bool hasFailures = false,
        bool isDegraded = false,
        bool isCancelled = false,
        long? responseTime = null,
        DateTimeOffset? startedAt = null,
        DateTimeOffset? stoppedAt = null,
        JsonElement? details = null,
        bool hasErrors = false)
    {
        var resultId = Guid.NewGuid();
        var report = new ReportResult(
            resultId,
            sequenceId,
            RunnerId,
            type,
            hasFailures,
            hasErrors,
            isDegraded,
            isCancelled,
            responseTime,
            startedAt,
            stoppedAt,
            Attempt: null,
            details);
        await ExecuteAsync(sessionId, (s, now) => ReportResult.Decide(s, report, now));
        return resultId;
    }

    public async Task AbortAsync(Guid sessionId, Guid sequenceId)
    {
        var cancelId = await CancelIdAsync(sessionId, sequenceId);
        var abort = new AbortRun(sequenceId, cancelId, RunnerId, AbortManner.Graceful, 130, "SIGINT", 40, new StopEvidence(0));
        await ExecuteAsync(sessionId, (s, now) => AbortRun.Decide(s, abort, now));
    }

    public async Task ExpireAsync(Guid sessionId, Guid sequenceId)
    {
        var cancelId = await CancelIdAsync(sessionId, sequenceId);
        await ExecuteAsync(sessionId, (s, now) => ExpireCancel.Decide(s, new ExpireCancel(sequenceId, cancelId), now));
    }

    public async Task TimeOutAsync(Guid sessionId, Guid sequenceId) =>
        await ExecuteAsync(sessionId, (s, now) => TimeOutRun.Decide(s, new TimeOutRun(sequenceId), now));

    /// <summary>Vanishes in the midst of a run, which it begins if it has not: one that never began is queued again.</summary>
    public async Task LoseAsync(Guid sessionId, Guid sequenceId)
    {
        await ExecuteAsync(sessionId, (s, now) => StartRun.Decide(s, new StartRun(sequenceId, RunnerId), now));
        await ExecuteAsync(sessionId, (s, now) => LoseRun.Decide(s, new LoseRun(sequenceId, RunnerId), now));
    }

    private async Task<Guid> CancelIdAsync(Guid sessionId, Guid sequenceId) =>
        (await ReadAsync(sessionId)).FindRun(sequenceId)!.Cancel!.CancelId;

    private async Task ExecuteAsync<T>(Guid sessionId, Func<Session, DateTimeOffset, Decision<T>> decide)
        where T : class
    {
        var executed = await sessions.ExecuteAsync(new StreamId(accountId, sessionId), decide, EventContext.None);
        executed.Decision.Refusal.ShouldBeNull();
    }
}
