using System.Text.RegularExpressions;
using JasperFx;
using JasperFx.CommandLine;
using JasperFx.CommandLine.Commands;
using Ledger.Http.Hosting;
using Spectre.Console;

// Puts the ledger's verbs beside those of the packages, and over those that have the same name.
[assembly: JasperFxAssembly]

namespace Ledger.Http.Commands;

/// <summary>The verbs of the command line: those of JasperFx, Marten, Wolverine and Weasel, and the ledger's own in the place of some.</summary>
internal static partial class Verbs
{
    // What only looks at how the host is composed; every other verb gets a database.
    private static readonly string[] WithoutDatabase =
        ["describe", "describe-event-model", "event-model", "openapi", "capabilities", "db-list", "db-dump"];

    // Of the packages' factory; its own "run" does not know how this host starts and ends.
    private static readonly Lazy<CommandFactory> Commands = new(MakeFactory);

    /// <summary>The names of all verbs but the main job's.</summary>
    internal static IReadOnlyList<string> Known { get; } =
    [
        .. Factory().AllCommandTypes().Select(CommandFactory.CommandNameFor).Append(Invocation.Help)
            .Where(name => name != Invocation.Run).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    internal static CommandFactory Factory() => Commands.Value;

    /// <summary>Runs a verb of the packages on the composed host, which is not started; with the embedded database for as long as it takes.</summary>
    internal static async Task<int> RunAsync(Invocation call, CancellationToken ending)
    {
        var purpose = call.Verb switch
        {
            "codegen" => HostPurpose.Generate,
            var verb when WithoutDatabase.Contains(verb, StringComparer.Ordinal) => HostPurpose.Command,
            _ => HostPurpose.CommandWithDatabase,
        };
        await using var host = await LedgerHost.BuildAsync(call.Settings, purpose: purpose, cancellation: ending);
        return await host.App.RunJasperFxCommands([call.Verb, .. call.Arguments]);
    }

    /// <summary>Looks whether a verb has the options that it is given.</summary>
    /// <exception cref="UsageException">It has not.</exception>
    internal static void Check(string verb, IEnumerable<string> arguments)
    {
        var flags = Factory().Build(verb).Usages.Flags.SelectMany(flag => LongFlag().Matches(flag.ToUsageDescription()).Select(match => match.Value[2..])).ToList();
        if (arguments.FirstOrDefault(argument => argument.StartsWith("--", StringComparison.Ordinal)
                && !flags.Contains(argument[2..].Split(':', '=')[0], StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw Invocation.Unknown(unknown, flags.Append("help"));
        }
    }

    private static CommandFactory MakeFactory()
    {
        // Has the packages believe that they are past the first time, on which they print where they look for verbs.
        new CommandFactory().ApplyExtensions(new ServiceCollection());
        var factory = new CommandFactory();
        factory.RegisterCommands(typeof(RunCommand).Assembly);
        var console = AnsiConsole.Console;
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        factory.RegisterCommandsFromExtensionAssemblies();
        AnsiConsole.Console = console;
        factory.SetAppName(Help.Program);
        return factory;
    }

    [GeneratedRegex("--[a-zA-Z][a-zA-Z-]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LongFlag();
}
