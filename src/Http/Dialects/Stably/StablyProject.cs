using Ledger.Http.PlainRuns;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Stably;

/// <summary>
/// A project is a plain name inside the key's account (wire.md 7.1). Sessions without a project, as other dialects make them, are those of
/// the project <see cref="ProjectChecks.DefaultProject"/>.
/// </summary>
public static class StablyProject
{
    /// <summary>The project's name.</summary>
    public static string Of(Session session) => session.Project ?? ProjectChecks.DefaultProject;

    /// <summary>As sessions keep it: nothing for the default project.</summary>
    public static string? Kept(string projectId) => IsDefault(projectId) ? null : projectId;

    public static bool IsDefault(string projectId) => string.Equals(projectId, ProjectChecks.DefaultProject, StringComparison.Ordinal);

    /// <summary>Whether a session is a run of this project; all others are unknown there.</summary>
    public static bool Has(string projectId, Session session) =>
        session.Kind is SessionKind.Run && string.Equals(Of(session), projectId, StringComparison.Ordinal);
}
