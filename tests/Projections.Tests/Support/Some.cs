using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.Tests.Support;

/// <summary>Commands with everything filled in that a test does not care about.</summary>
internal static class Some
{
    public static TriggerSession Session(
        Guid account,
        SessionKind kind = SessionKind.Check,
        int runs = 1,
        string checkType = CheckTypes.Playwright,
        string location = "eu-central-1",
        int? timeoutSeconds = null,
        Guid? checkId = null)
    {
        // A session of kind check has the runs of one check.
        var only = checkId ?? (kind is SessionKind.Check ? Guid.NewGuid() : null);
        return new(
            Guid.NewGuid(),
            account,
            kind,
            null,
            "Checkout",
            SessionSource.TriggerApi,
            new Actor(ActorKind.ApiKey, "key-1", "Dana"),
            null,
            ConflictBehaviour.Queue,
            null,
            [
                .. Enumerable.Range(1, runs).Select(n => new PlannedRun(
                    Guid.NewGuid(), only ?? Guid.NewGuid(), checkType, $"Run {n}", location, null, timeoutSeconds)),
            ]);
    }

    public static TriggerSession InGroup(this TriggerSession command, string group, ConflictBehaviour onConflict = ConflictBehaviour.Queue) =>
        command with { ConcurrencyGroup = group, OnConflict = onConflict };

    public static RequestCancel Cancel(IReadOnlyCollection<Guid>? sequenceIds = null, bool force = false) => new(
        Guid.NewGuid(), new Actor(ActorKind.User, "dana"), CancelVia.Ledger, CancelCause.User, "no longer needed", force, sequenceIds);

    public static ReportResult Result(
        Guid sequenceId,
        string runner,
        ResultType type = ResultType.Final,
        bool hasFailures = false,
        bool isDegraded = false,
        bool isCancelled = false) => new(
        Guid.NewGuid(), sequenceId, runner, type, hasFailures, false, isDegraded, isCancelled, 120, null, null, null, null);

    /// <summary>What an event says of its run, where a test does not care.</summary>
    public static RunFacts Facts { get; } = new(SessionKind.Check, null, null, CheckTypes.Playwright, "Run", "eu-central-1", null, null, null);

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
