using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.CheckSessions;

/// <summary>A session of kind <c>check</c> as Checkly shows it (wire.md 3.4).</summary>
public sealed record CheckSession(
    Guid CheckSessionId,
    string CheckSessionLink,
    Guid CheckId,
    string CheckType,
    string Name,
    SessionStatus Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? StoppedAt,
    long TimeElapsed,
    IReadOnlyList<string> RunLocations,
    SessionSource RunSource)
{
    /// <summary>What there is so far; absent in the answer to a trigger.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CheckSessionResult>? Results { get; private init; }

    /// <summary>The session without its results.</summary>
    public static CheckSession Of(Session session, ApiVersion version, ChecklyLinks links, DateTimeOffset now) => new(
        session.Id,
        links.CheckSession(session),
        CheckIds.Of(session),
        session.Runs[0].Plan.CheckType,
        session.Name,
        version.Show(session.Status),
        session.TriggeredAt,
        session.SettledAt,
        Durations.Between(session.TriggeredAt, session.SettledAt ?? now),
        [.. session.Runs.Select(run => run.Plan.Location).Distinct()],
        session.Source);

    /// <summary>The session with one final result for each run that is settled, and one for each failed try.</summary>
    public static CheckSession WithResults(Session session, ApiVersion version, ChecklyLinks links, DateTimeOffset now) =>
        Of(session, version, links, now) with
        {
            Results =
            [
                .. session.Runs
                    .SelectMany(run => RunResult.AttemptsOf(run).Append(RunResult.Of(session.Kind, run)))
                    .Where(result => result.Scope is not ResultScope.Pending)
                    .Select(result => CheckSessionResult.Of(session, result, links)),
            ],
        };
}

/// <summary>The answer to a trigger: one session for each check.</summary>
public sealed record TriggeredCheckSessions(IReadOnlyList<CheckSession> Sessions);
