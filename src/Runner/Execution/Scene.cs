using Ledger.Runner.Bundles;
using Ledger.Runner.Folders;
using Ledger.Runner.Wire;

namespace Ledger.Runner.Execution;

/// <summary>A run and where it takes place.</summary>
/// <param name="Run">What was claimed.</param>
/// <param name="Spec">What to execute.</param>
/// <param name="Folder">The run's own directory.</param>
/// <param name="Output">The run's log.</param>
/// <param name="WorkDirectory">Where commands run that bring no bundle along.</param>
internal sealed record Scene(ClaimedRun Run, RunSpec Spec, RunFolder Folder, RunLog Output, string WorkDirectory)
{
    /// <summary>Where the command runs. With a bundle, a directory inside it.</summary>
    /// <exception cref="UnusableSpecException">It would be outside of the bundle.</exception>
    public string Directory
    {
        get
        {
            var named = Spec.WorkingDirectory ?? ".";
            if (Spec.Bundle is null)
            {
                return Path.Combine(WorkDirectory, named);
            }

            var inside = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(Folder.Bundle, named)));
            return inside == Folder.Bundle || inside.StartsWith(Folder.Bundle + '/', StringComparison.Ordinal)
                ? inside
                : throw new UnusableSpecException($"spec.workingDirectory {LogLine.Of(named)} leads outside of the bundle");
        }
    }

    /// <summary>What has to be installed first; null for nothing.</summary>
    /// <exception cref="UnusableSpecException">It would be outside of the bundle.</exception>
    public Installation? FindInstallation() => Spec switch
    {
        { Install.Count: > 0 } => new Installation(Spec.Install, Directory),
        { Bundle: not null } => Installation.For(Folder.Bundle, Directory),
        _ => null,
    };
}
