namespace Ledger.Http.Errors;

/// <summary>
/// The statuses that a route refuses with, for the OpenAPI document; in which form follows from the dialect that the endpoint's namespace
/// belongs to.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ErrorsAttribute(params int[] statuses) : Attribute
{
    public IReadOnlyList<int> Statuses { get; } = statuses;
}
