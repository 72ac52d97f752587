using System.Text.Json.Serialization;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>A test session in a list, with the sequence ids of its runs by where they stand (wire.md 3.7).</summary>
public sealed record TestSessionEntry(
    Guid Id,
    Guid AccountId,
    Guid? ProjectId,
    string Name,
    string Provider,
    SessionStatus Status,
    string Region,
    Guid? PrivateLocationId,
    DateTimeOffset StartedAt,
    DateTimeOffset? StoppedAt,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset? UpdatedAt,
    Invoker? Invoker,
    string? RepoUrl,
    string? CommitId,
    string? CommitOwner,
    string? CommitMessage,
    string? BranchName,
    string? Environment,
    IReadOnlyList<Guid> ErrorGroupIds,
    IReadOnlyList<Guid> Running,
    IReadOnlyList<Guid> Passed,
    IReadOnlyList<Guid> Failed,
    IReadOnlyList<Guid> Cancelled)
{
    public static TestSessionEntry Of(Session session)
    {
        var metadata = TestSessionMetadata.Of(session.Metadata);
        return new TestSessionEntry(
            session.Id,
            session.AccountId,
            Guid.TryParseExact(session.Project, "D", out var projectId) ? projectId : null,
            session.Name,
            TestSessionProvider.Of(session),
            session.Status,
            session.Runs[0].Plan.Location,
            null,
            session.TriggeredAt,
            session.SettledAt,
            session.TriggeredAt,
            UpdatedAtOf(session),
            Invoker.Of(session),
            metadata.RepoUrl,
            metadata.CommitId,
            metadata.CommitOwner,
            metadata.CommitMessage,
            metadata.BranchName,
            metadata.Environment,
            [],
            SequencesIn(session, RunState.Queued, RunState.Claimed, RunState.Running, RunState.Cancelling),
            SequencesIn(session, RunState.Passed, RunState.Degraded),
            SequencesIn(session, RunState.Failed, RunState.TimedOut, RunState.Lost),
            SequencesIn(session, RunState.Cancelled));
    }

    private static DateTimeOffset UpdatedAtOf(Session session) =>
        session.Runs.Max(run => run.SettledAt ?? run.StartedAt ?? run.ClaimedAt) ?? session.TriggeredAt;

    private static IReadOnlyList<Guid> SequencesIn(Session session, params ReadOnlySpan<RunState> states)
    {
        var sequences = new List<Guid>();
        foreach (var run in session.Runs)
        {
            if (states.Contains(run.State))
            {
                sequences.Add(run.SequenceId);
            }
        }

        return sequences;
    }
}

/// <summary>The person who triggered a session.</summary>
public sealed record Invoker(string Name, string? Picture)
{
    /// <summary>Null for a session that no person triggered, only a key.</summary>
    public static Invoker? Of(Session session) =>
        session.Actor is { Kind: ActorKind.User } user ? new Invoker(user.Name ?? user.Id, null) : null;
}

/// <summary>A page of test sessions, newest first.</summary>
/// <param name="Length">Entries on this page.</param>
/// <param name="Entries">The sessions.</param>
/// <param name="NextId">Where the next page begins; null when there is none.</param>
public sealed record TestSessionList(int Length, IReadOnlyList<TestSessionEntry> Entries, string? NextId);
