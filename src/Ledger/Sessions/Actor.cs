namespace Ledger.Sessions;

/// <summary>Who asked: a user, an API key, a runner, or the system itself.</summary>
/// <param name="Kind">What kind of party.</param>
/// <param name="Id">Stable identity: a key's id, a runner's id, or the name of the part of the system.</param>
/// <param name="Name">What people call it: the key's owner or name.</param>
public sealed record Actor(ActorKind Kind, string Id, string? Name = null)
{
    /// <summary>The ledger's own deadlines.</summary>
    public static Actor Deadlines { get; } = new(ActorKind.System, "deadlines");

    /// <summary>The ledger when it hands a signal to a runner.</summary>
    public static Actor Signals { get; } = new(ActorKind.System, "signals");

    /// <summary>The ledger when it replaces a session by its successor.</summary>
    public static Actor Concurrency { get; } = new(ActorKind.System, "concurrency");
}
