using System.Text.Json;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Http.Sessions;

/// <summary>A session to trigger, for platforms that schedule their own work (http.md).</summary>
public sealed record SessionRequest(
    SessionKind Kind,
    string Name,
    IReadOnlyList<RunRequest> Runs,
    SessionSource Source = SessionSource.TriggerApi,
    string? Project = null,
    string? ConcurrencyGroup = null,
    ConflictBehaviour OnConflict = ConflictBehaviour.Queue,
    JsonElement? Metadata = null)
{
    /// <summary>The command, with fresh ids.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public TriggerSession ToCommand(Guid accountId, Actor actor, DateTimeOffset now)
    {
        Inputs.Name("name", Name);
        Inputs.OptionalName("project", Project);
        Inputs.OptionalName("concurrencyGroup", ConcurrencyGroup);
        if (Metadata is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) })
        {
            throw RequestRejected.BadRequest("'metadata' must be an object.");
        }

        return new TriggerSession(
            Guid.CreateVersion7(now),
            accountId,
            Kind,
            Project,
            Name,
            Source,
            actor,
            ConcurrencyGroup,
            OnConflict,
            Metadata is { ValueKind: JsonValueKind.Object } ? Metadata : null,
            [.. Runs.Select(run => run.ToPlan(now))]);
    }
}

/// <summary>One run of a session to trigger.</summary>
public sealed record RunRequest(string CheckType, string Name, string Location, Guid? CheckId = null, JsonElement? Spec = null)
{
    public PlannedRun ToPlan(DateTimeOffset now) => new(
        Guid.CreateVersion7(now),
        CheckId,
        Inputs.CheckType("runs.checkType", CheckType),
        Inputs.Name("runs.name", Name),
        Inputs.Name("runs.location", Location),
        Spec,
        Inputs.TimeoutOf(Spec));
}

/// <summary>A session that was just triggered.</summary>
public sealed record SessionMade(Guid SessionId, long Number, IReadOnlyList<RunMade> Runs);

/// <summary>A run of a session that was just triggered.</summary>
public sealed record RunMade(Guid SequenceId, Guid? CheckId, string CheckType, string Name, string Location);
