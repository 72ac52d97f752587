using System.Text.Json;
using Ledger.Secrets;

namespace Ledger.Sessions;

/// <summary>Asks for an execution: the one command that begins a stream.</summary>
/// <param name="SessionId">The new session's id, unused so far.</param>
/// <param name="AccountId">The tenant.</param>
/// <param name="Kind">What is executed; a session of kind <see cref="SessionKind.Run"/> has exactly one run.</param>
/// <param name="Project">A plain name, or null.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Source">What caused it.</param>
/// <param name="Actor">Who asks.</param>
/// <param name="ConcurrencyGroup">The group, or null.</param>
/// <param name="OnConflict">What it does to earlier open sessions of the group.</param>
/// <param name="Metadata">Opaque facts.</param>
/// <param name="Runs">The runs, each with an id of its own.</param>
public sealed record TriggerSession(
    Guid SessionId,
    Guid AccountId,
    SessionKind Kind,
    string? Project,
    string Name,
    SessionSource Source,
    Actor Actor,
    string? ConcurrencyGroup,
    ConflictBehaviour OnConflict,
    JsonElement? Metadata,
    IReadOnlyList<PlannedRun> Runs)
{
    /// <summary>The first event of the stream, or what is wrong with the command.</summary>
    public static Decision<SessionTriggered> Decide(TriggerSession command, DateTimeOffset now)
    {
        if ((Excess(command) ?? Fault(command)) is { } refusal)
        {
            return Decision<SessionTriggered>.Refuse(refusal);
        }

        var triggered = new SessionTriggered(
            command.SessionId,
            command.AccountId,
            command.Kind,
            command.Project,
            command.Name,
            command.Source,
            command.Actor,
            command.ConcurrencyGroup,
            command.OnConflict,
            command.Metadata,
            command.Runs,
            now);
        return Decision<SessionTriggered>.Accept(triggered, triggered);
    }

    private static Refusal? Excess(TriggerSession command) => command switch
    {
        { Runs.Count: > Limits.Runs } => new Refusal(RefusalKind.TooMuch, $"A session has at most {Limits.Runs} runs."),
        _ when JsonSize.OfText(command.Metadata) > Limits.Metadata =>
            new Refusal(RefusalKind.TooMuch, $"Metadata have at most {Limits.Metadata} bytes."),
        _ when TooLong(command.Name) || TooLong(command.Project) || TooLong(command.ConcurrencyGroup)
            || command.Runs.Any(run => TooLong(run.Name) || TooLong(run.Location)) =>
            new Refusal(RefusalKind.TooMuch, $"Names, projects, groups and locations have at most {Limits.Name} characters."),
        _ when command.Runs.Any(run => SpecSecrets.HoldsTooMany(run.Spec)) =>
            new Refusal(RefusalKind.TooMuch, $"What a run executes has at most {SpecSecrets.Maximum} secrets."),
        _ => null,
    };

    private static Refusal? Fault(TriggerSession command) => command switch
    {
        { Runs.Count: 0 } => Malformed("A session needs at least one run."),
        { Kind: SessionKind.Run, Runs.Count: not 1 } => Malformed("A session of kind run has exactly one run."),
        { Kind: SessionKind.Check } when command.Runs.DistinctBy(run => run.CheckId).Count() > 1 =>
            Malformed("A session of kind check has the runs of one check."),
        _ when command.Runs.DistinctBy(run => run.SequenceId).Count() != command.Runs.Count =>
            Malformed("Two runs have the same sequence id."),
        _ when command.Runs.FirstOrDefault(run => !CheckTypes.Known.Contains(run.CheckType)) is { } run =>
            Malformed($"There is no check type {run.CheckType}."),
        _ => null,
    };

    private static bool TooLong(string? text) => text?.Length > Limits.Name;

    private static Refusal Malformed(string message) => new(RefusalKind.Malformed, message);
}
