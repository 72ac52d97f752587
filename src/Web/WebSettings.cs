using Ledger.Web.Access;

namespace Ledger.Web;

/// <summary>What the host tells its pages.</summary>
/// <param name="Version">Of the program, as people see it.</param>
/// <param name="Runner">How the supplied runner is called here: by its name where it is installed as a tool, else from the source.</param>
/// <param name="KeyFile">The file that the first key is kept in; null when it is kept elsewhere.</param>
/// <param name="Oidc">The identity provider; null for none.</param>
public sealed record WebSettings(string Version, string Runner, string? KeyFile, OidcSettings? Oidc);
