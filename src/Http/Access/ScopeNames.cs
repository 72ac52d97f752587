namespace Ledger.Http.Access;

/// <summary>Scopes as they are written: in lower case.</summary>
public static class ScopeNames
{
    public static string Of(Scope scope) => scope.ToString().ToLowerInvariant();

    public static Scope Parse(string name) => Enum.Parse<Scope>(name, ignoreCase: true);
}
