namespace Ledger.Http.Commands;

/// <summary>The command line is not one of the ledger's; the message says in one sentence what is wrong with it.</summary>
public sealed class UsageException(string message) : Exception(message);

/// <summary>
/// What a command line asks for. Settings may stand before and after a verb's own arguments; JasperFx, which parses those, does not know them.
/// </summary>
/// <param name="Verb">What to do; <see cref="Run"/> when the command line names nothing.</param>
/// <param name="Arguments">The verb's own arguments.</param>
/// <param name="Settings">The settings, as ASP.NET reads them: a name with two dashes and its value.</param>
public sealed record Invocation(string Verb, string[] Arguments, string[] Settings)
{
    /// <summary>The main job, to serve.</summary>
    public const string Run = "run";

    /// <summary>To serve, with an account that is filled first.</summary>
    public const string Demo = "demo";

    public const string Help = "help";
    public const string Version = "version";

    // What ASP.NET takes from the command line itself.
    private static readonly string[] Single = ["urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName", "AllowedHosts"];
    private static readonly string[] Sections = [LedgerSettings.Section, "ConnectionStrings", "Logging", "Kestrel"];

    /// <summary>Reads a command line.</summary>
    /// <exception cref="UsageException">It holds a verb or an option that there is not, or an option without its value.</exception>
    public static Invocation Parse(string[] args)
    {
        if (args is ["--version" or Version])
        {
            return new(Version, [], []);
        }

        if (args is ["-h" or "-?" or "?" or Help, ..] || args.Contains("--help", StringComparer.Ordinal))
        {
            return new(Help, [.. args.SkipWhile(arg => arg is "-h" or "-?" or "?" or Help).TakeWhile(arg => arg != "--help")], []);
        }

        var verb = args is [var first, ..] && !first.StartsWith('-') ? first.ToLowerInvariant() : null;
        if (verb is not (null or Run or Demo) && !Verbs.Known.Contains(verb, StringComparer.Ordinal))
        {
            throw new UsageException(
                $"There is no verb '{verb}': the nearest is '{Nearest.To(verb, Verbs.Known.Append(Run).Append(Demo))}' (--help names them all).");
        }

        var (arguments, settings) = (new List<string>(), new List<string>());
        var rest = new Queue<string>(args.Skip(verb is null ? 0 : 1));
        while (rest.TryDequeue(out var argument))
        {
            if (argument.StartsWith("--", StringComparison.Ordinal) && IsSetting(NameOf(argument)))
            {
                settings.AddRange(argument.Contains('=', StringComparison.Ordinal) ? [argument] : [argument, ValueOf(argument, rest)]);
            }
            else if (verb is null or Run or Demo)
            {
                throw Unknown(argument, [.. Single, "ConnectionStrings:Ledger", .. SettingNames.All.Select(setting => setting.Name)]);
            }
            else
            {
                arguments.Add(argument);
            }
        }

        if (verb is not (null or Run or Demo))
        {
            Verbs.Check(verb, arguments);
        }

        return new(verb ?? Run, [.. arguments], [.. settings]);
    }

    /// <summary>That there is no such option, and which is the nearest.</summary>
    internal static UsageException Unknown(string argument, IEnumerable<string> known) => new(
        argument.StartsWith('-')
            ? $"There is no option '{argument.Split('=')[0]}': the nearest is '--{Nearest.To(NameOf(argument), known)}' (--help names them all)."
            : $"'{argument}' is neither an option nor its value: options are written '--name value' (--help names them all).");

    private static string NameOf(string argument) => argument.TrimStart('-').Split('=')[0];

    private static string ValueOf(string argument, Queue<string> rest) =>
        rest.TryPeek(out var next) && !next.StartsWith("--", StringComparison.Ordinal)
            ? rest.Dequeue()
            : throw new UsageException($"The option '{argument}' needs a value: write '{argument} value' or '{argument}=value'.");

    private static bool IsSetting(string name) => Single.Contains(name, StringComparer.OrdinalIgnoreCase)
        || (name.Contains(':', StringComparison.Ordinal) && Sections.Contains(name.Split(':')[0], StringComparer.OrdinalIgnoreCase));
}
