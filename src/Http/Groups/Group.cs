namespace Ledger.Http.Groups;

/// <summary>A group of checks that are run together, each as a session of its own; together these are a batch (wire.md 8.2).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="CheckIds">What it runs, in this order, each once. A check need not be registered.</param>
/// <param name="CreatedAt">When it was first registered.</param>
/// <param name="UpdatedAt">When it was registered last.</param>
public sealed record Group(Guid Id, string Name, IReadOnlyList<Guid> CheckIds, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
