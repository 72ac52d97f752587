using Ledger.Web.Access;

namespace Ledger.Web;

/// <summary>What the host tells its pages.</summary>
/// <param name="Version">Of the program, as people see it.</param>
/// <param name="KeyFile">The file that the first key is kept in; null when it is kept elsewhere.</param>
/// <param name="Oidc">The identity provider; null for none.</param>
public sealed record WebSettings(string Version, string? KeyFile, OidcSettings? Oidc);
