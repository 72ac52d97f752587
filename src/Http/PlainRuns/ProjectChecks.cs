namespace Ledger.Http.PlainRuns;

/// <summary>
/// Which registered check a project's runs execute: one with the tag <c>project:name</c> (<c>project:default</c> for the default
/// project). Where several have it, tags such as <c>environment:staging</c> choose: a check that is tagged for another environment is not
/// meant, one that is tagged for this one is meant before one that says nothing. Published requests name no check, so the project does.
/// </summary>
public static class ProjectChecks
{
    /// <summary>The name that the default project has in tags.</summary>
    public const string DefaultProject = "default";

    /// <summary>The check that is meant; null when none is registered, and a runner of the platform itself must know what to do.</summary>
    public static CheckSummary? Choose(IEnumerable<CheckSummary> checks, string? project, IReadOnlyCollection<string> traits) => checks
        .Where(check => check.Activated && check.Tags.Contains($"project:{project ?? DefaultProject}") && Allows(check, traits))
        .OrderByDescending(check => traits.Count(trait => check.Tags.Contains(trait)))
        .ThenBy(check => check.Name, StringComparer.Ordinal)
        .ThenBy(check => check.Id)
        .FirstOrDefault();

    private static bool Allows(CheckSummary check, IReadOnlyCollection<string> traits) => traits.All(trait =>
    {
        var kind = trait[..(trait.IndexOf(':', StringComparison.Ordinal) + 1)];
        return check.Tags.Contains(trait) || !check.Tags.Any(tag => tag.StartsWith(kind, StringComparison.Ordinal));
    });
}
