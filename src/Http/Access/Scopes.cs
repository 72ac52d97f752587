namespace Ledger.Http.Access;

/// <summary>
/// What routes need of a key, each the name of an authorization policy: <c>[Authorize(Scopes.Command)]</c>. Where several would do, any of
/// them is enough.
/// </summary>
public static class Scopes
{
    public const string Command = "command";
    public const string Runner = "runner";
    public const string Read = "read";
    public const string Admin = "admin";

    /// <summary>Of the installation, where all others are of the key's account.</summary>
    public const string Operator = "operator";

    public const string CommandOrAdmin = Command + Or + Admin;
    public const string CommandOrRead = Command + Or + Read;
    public const string CommandOrRunner = Command + Or + Runner;
    public const string ReadOrAdmin = Read + Or + Admin;
    public const string ReadOrCommand = Read + Or + Command;

    private const string Or = " or ";

    private static readonly string[] All =
        [Command, Runner, Read, Admin, Operator, CommandOrAdmin, CommandOrRead, CommandOrRunner, ReadOrAdmin, ReadOrCommand];

    /// <summary>
    /// A policy for each; and whatever says nothing else, unknown paths included, needs a key with any scope. They name no scheme: the key is the
    /// default one, and has been looked at already.
    /// </summary>
    public static void AddScopes(this IServiceCollection services) => services.AddAuthorization(options =>
    {
        options.FallbackPolicy = Key().Build();
        foreach (var policy in All)
        {
            options.AddPolicy(policy, Key().RequireClaim(ApiKeyIdentity.ScopeClaim, policy.Split(Or)).Build());
        }

        static AuthorizationPolicyBuilder Key() => new AuthorizationPolicyBuilder().RequireAuthenticatedUser();
    });

    /// <summary>The published word of a scope.</summary>
    public static string Of(Scope scope) => scope.ToString().ToLowerInvariant();

    public static Scope Parse(string name) => Enum.Parse<Scope>(name, ignoreCase: true);
}
