namespace Ledger.Http.Dialects.Empirical.Projects;

/// <summary>A project as this dialect knows it.</summary>
/// <param name="Name">The name that the ledger has for it; null for the account's default project.</param>
/// <param name="Number">Its integer: 0 for the default project, see <see cref="StableNumber"/> for all others.</param>
public sealed record EmpiricalProject(string? Name, int Number)
{
    /// <summary>The project of the account that is meant where none is named.</summary>
    public static EmpiricalProject Default { get; } = new(null, 0);

    /// <summary>The project of that name; null is the default one.</summary>
    public static EmpiricalProject Of(string? name) => name is null ? Default : new EmpiricalProject(name, StableNumber.Of(name));
}
