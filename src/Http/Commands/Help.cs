using System.Reflection;

namespace Ledger.Http.Commands;

/// <summary>What <c>--help</c> and <c>--version</c> print; neither composes a host.</summary>
internal static class Help
{
    private const string ToolName = "ledger";

    /// <summary>The product's version.</summary>
    internal static string Version { get; } =
        typeof(Help).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>How the program is called: by its name where it is installed as a tool, else from the source.</summary>
    internal static string Program { get; } = IsTool ? ToolName : "dotnet run --project src/Http --";

    /// <summary>How the supplied runner is called.</summary>
    internal static string Runner { get; } = IsTool ? "ledger-runner" : "dotnet run --project src/Runner --";

    private static bool IsTool => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == ToolName;

    /// <summary>The ones that a person needs; the packages bring more.</summary>
    private static readonly (string Verb, string Meaning)[] Common =
    [
        (Invocation.Run, "serve, until Ctrl+C or SIGTERM (what is done without a verb)"),
        (Invocation.Demo, "serve, with a month of sessions in an empty account and a runner that executes harmless ones"),
        ("db-apply", "bring the database's schema up to date"),
        ("db-assert", "fail if the schema is not up to date"),
        ("db-patch", "write what db-apply would do to a file"),
        ("check-env", "fail if something that the ledger needs is missing"),
        ("describe", "print how the host is composed"),
        ("resources", "check or set up what the host keeps in the database"),
        ("projections", "list, run or rebuild Marten's projections"),
        ("codegen", "preview or write the code that Wolverine generates (the build does that)"),
        (Invocation.Help, "this page, or with a verb how to use that one"),
    ];

    internal static int ShowVersion()
    {
        Console.WriteLine(Version);
        return 0;
    }

    /// <summary>Prints the page, or how to use one verb.</summary>
    internal static async Task<int> ShowAsync(string[] arguments)
    {
        if (arguments is [var verb, ..] && verb is not (Invocation.Run or Invocation.Demo))
        {
            if (!verb.StartsWith('-') && !Verbs.Known.Contains(verb, StringComparer.OrdinalIgnoreCase))
            {
                throw new UsageException(
                    $"There is no verb '{verb}': the nearest is '{Nearest.To(verb, Verbs.Known.Append(Invocation.Run).Append(Invocation.Demo))}' (--help names them all).");
            }

            await Verbs.Factory().HelpRun(new Queue<string>(arguments)).Execute();
            return 0;
        }

        await Console.Out.WriteAsync(Page());
        return 0;
    }

    private static string Page()
    {
        var further = string.Join(", ", Verbs.Known.Except(Common.Select(common => common.Verb), StringComparer.Ordinal));
        return $"""
            Ledger {Version}: an event-sourced cancellation ledger for end-to-end tests.

            Usage: {Program} [verb] [--setting value …]

            Without a verb it serves HTTP on http://127.0.0.1:5080.

            Where the data goes
              With ConnectionStrings:Ledger, into that PostgreSQL, schema "ledger".
              Without, into a PostgreSQL of the host's own below Ledger:DataDirectory, here {Path.GetFullPath(new LedgerSettings().DataDirectory)},
              where the first key is kept as well, in the file bootstrap-key.

            Verbs
            {Rows(Common.Select(common => (common.Verb, (string?)common.Meaning)))}
              Of the packages: {further}.

            Settings, as "--name value", in the environment as Ledger__DataDirectory, or in appsettings.json [default]
            {Rows([
                ("urls", "the addresses to listen on [http://127.0.0.1:5080]"),
                ("ConnectionStrings:Ledger", "the PostgreSQL [one of the host's own]"),
                ("Logging:LogLevel:{category}", "what is printed [Default: Information; Ledger.Sessions tells what happens to sessions]"),
                .. SettingNames.All.Select(setting => (setting.Name, setting.Default is { Length: > 0 } value ? $"[{value}]" : null))])}

            What they mean: docs/http.md#settings.

            """;
    }

    private static string Rows(IEnumerable<(string Name, string? Meaning)> rows) =>
        string.Join('\n', rows.Select(row => $"  {row.Name,-45} {row.Meaning}".TrimEnd()));
}
