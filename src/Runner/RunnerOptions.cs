using System.ComponentModel;
using System.Reflection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Ledger.Runner;

/// <summary>How the process ends.</summary>
internal static class ExitCodes
{
    /// <summary>Drained: nothing runs, everything is reported.</summary>
    public const int Clean = 0;

    /// <summary>Something was killed or could not be reported.</summary>
    public const int Unsettled = 1;

    /// <summary>It cannot work like this: wrong options, a refused key, an unsuitable machine.</summary>
    public const int Unusable = 2;
}

/// <summary>How this runner runs, and what its command line says of it.</summary>
internal sealed class RunnerOptions : CommandSettings
{
    [CommandOption("--url <URL>", isRequired: true)]
    [Description("The root of the ledger, such as http://127.0.0.1:5080")]
    public Uri Url { get; set; } = null!;

    [CommandOption("--key <KEY>")]
    [Description("An API key with the scope runner, or - to read it from standard input; command lines can be read by others, so prefer that or --key-file")]
    public string Key { get; set; } = string.Empty;

    [CommandOption("--key-file <PATH>")]
    [Description("A file that holds the key and nothing else, or an inherited descriptor such as /dev/fd/3")]
    public string? KeyFile { get; set; }

    /// <summary>Why the key may have been seen by others before it got here; null if it may not.</summary>
    public string? KeyWarning { get; set; }

    [CommandOption("--location <NAME>", isRequired: true)]
    [Description("Where this runner stands; repeat for several")]
    public string[] Locations { get; set; } = [];

    // Checkly's types of check (docs/dialects/checkly.md#words).
    [CommandOption("--check-type <TYPE>")]
    [Description("What it takes; repeat for several; by default all types")]
    public string[] CheckTypes { get; set; } =
    [
        "AGENTIC", "API", "BROWSER", "DNS", "GRPC", "HEARTBEAT", "ICMP", "MULTI_STEP", "PLAYWRIGHT", "SSL", "TCP", "TRACEROUTE", "URL",
    ];

    // Safe in a header and a path.
    [CommandOption("--id <NAME>")]
    [Description("This runner's name; by default the host's with a random part")]
    public string Id { get; set; } = NewId();

    [CommandOption("--max <COUNT>")]
    [Description("How many runs it executes at once; by default the number of processors")]
    public int Max { get; set; } = Environment.ProcessorCount;

    [CommandOption("--grace-seconds <SECONDS>")]
    [Description("How long a cancelled run may take to end by itself")]
    [DefaultValue(10.0)]
    public double GraceSeconds { get; set; } = 10;

    [CommandOption("--drain-seconds <SECONDS>")]
    [Description("How long a drain may take before what still runs is killed")]
    [DefaultValue(60.0)]
    public double DrainSeconds { get; set; } = 60;

    [CommandOption("--work-directory <PATH>")]
    [Description("Where commands run whose spec names no directory; relative directories begin here; by default the current one")]
    public string WorkDirectory { get; set => field = Path.GetFullPath(value); } = Environment.CurrentDirectory;

    [CommandOption("--log-directory <PATH>")]
    [Description("Where the output of runs is kept, one file per run; by default ledger-runner among the temporary files")]
    public string LogDirectory { get; set => field = Path.GetFullPath(value); } = Path.Combine(Path.GetTempPath(), "ledger-runner");

    [CommandOption("--data-directory <PATH>")]
    [Description("Where bundles are unpacked and what is installed for them is kept, for this user alone; by default ~/.cache/ledger-runner")]
    public string DataDirectory { get; set => field = Path.GetFullPath(value); } = DefaultDataDirectory();

    [CommandOption("--container-engine <NAME>")]
    [Description("docker, podman, a path, or auto for whichever answers")]
    [DefaultValue("auto")]
    public string ContainerEngine { get; set; } = "auto";

    [CommandOption("--run-as <USER>")]
    [Description("The user that runs execute as; only root may change it")]
    public string? RunAsName { get; set; }

    /// <summary>The user that runs execute as; null for the runner's own.</summary>
    public UserAccount? RunAs => field ??= RunAsName is null ? null : UserAccount.Find(RunAsName);

    /// <summary>Whether runs get a control group of their own, where that is allowed.</summary>
    public bool UsesControlGroups { get; set; } = true;

    /// <summary>How much a bundle may cost this machine.</summary>
    public BundleLimits Bundles { get; set; } = BundleLimits.Default;

    /// <summary>For how many cache keys installed dependencies are kept.</summary>
    public int KeptDependencies { get; set; } = 10;

    /// <summary>How long the ledger may hold a claim when nothing is queued.</summary>
    public TimeSpan ClaimWait { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long reports may still be tried once everything was killed.</summary>
    public TimeSpan LastReportsLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How fast failed calls are repeated.</summary>
    public RetryTiming Retry { get; set; } = RetryTiming.Default;

    public override ValidationResult Validate() => FindProblem() is { } problem ? ValidationResult.Error(problem) : ValidationResult.Success();

    /// <summary>Whether a word can stand in a header.</summary>
    public static bool IsHeaderSafe(string word) => word is { Length: > 0 and <= 256 } && word.All(c => c is > ' ' and < (char)127);

    private string? FindProblem() => this switch
    {
        _ when !(Url.IsAbsoluteUri && Url.Scheme is "http" or "https") => "--url must be an http or https address.",
        _ when !IsHeaderSafe(Id) => "--id must be one word of up to 256 characters.",
        { Max: < 1 or > 1000 } => "--max must be between 1 and 1000.",
        { GraceSeconds: not (>= 0 and <= 3600) } => "--grace-seconds must be between 0 and 3600.",
        { DrainSeconds: not (>= 0 and <= 86_400) } => "--drain-seconds must be between 0 and 86400.",
        { RunAsName: { } name, RunAs: null } => $"--run-as names {name}, which is no user of this machine.",
        { RunAs: not null } when !Posix.IsRoot => "--run-as needs a runner that is root: no one else may change the user.",
        _ when !Directory.Exists(WorkDirectory) => "--work-directory must exist.",
        _ => null,
    };

    // Not below /tmp where there is another place: what is kept there is executed, and anybody could have put it there first.
    private static string DefaultDataDirectory()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 1
            ? Path.Combine(home, ".cache", "ledger-runner")
            : Path.Combine(Path.GetTempPath(), "ledger-runner-data");
    }

    private static string NewId()
    {
        var host = new string([.. Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.').Take(100)]);
        return $"{(host.Length == 0 ? "runner" : host)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    }
}

/// <summary>
/// Reads <see cref="RunnerOptions"/>. Each may come by an environment variable instead: <c>LEDGER_</c> and its name in capitals, with
/// underscores for dashes and commas between several values. The command line wins.
/// </summary>
internal sealed class CommandLine : Command<RunnerOptions>
{
    /// <summary>Reads the options. Prints help or what is wrong, and returns no options then but the exit code.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="input">The standard input, which may carry the key.</param>
    public static (RunnerOptions? Options, int ExitCode) Read(string[] arguments, Func<string, string?> environment, TextReader input)
    {
        RunnerOptions? read = null;
        int Refuse(string problem)
        {
            Console.Error.WriteLine(problem);
            return ExitCodes.Unusable;
        }

        int Take(RunnerOptions options) => RunnerKey.Find(read = options, environment, input) is { } problem ? Refuse(problem) : ExitCodes.Clean;
        var app = new CommandApp<CommandLine>()
            .WithDescription("Executes runs of a ledger: claims them, runs their commands, obeys cancels and reports what happened.")
            .WithData((Func<RunnerOptions, int>)Take);
        app.Configure(configuration => configuration.UseStrictParsing()
            .SetApplicationName("Ledger.Runner")
            .SetApplicationVersion(typeof(CommandLine).Assembly.GetName().Version!.ToString(3))
            .SetExceptionHandler((e, _) => Refuse(e.Message)));
        // A lone dash is no value to Spectre, unless it is tied to its option.
        var dash = Array.IndexOf(arguments, "-");
        string[] tied = dash > 0 ? [.. arguments[..(dash - 1)], $"{arguments[dash - 1]}=-", .. arguments[(dash + 1)..]] : arguments;
        var exitCode = app.Run([.. tied, .. FromEnvironment(arguments, environment)]);
        return exitCode == ExitCodes.Clean ? (read, exitCode) : (null, ExitCodes.Unusable);
    }

    public override int Execute(CommandContext context, RunnerOptions settings, CancellationToken cancellationToken) =>
        ((Func<RunnerOptions, int>)context.Data!)(settings);

    // The key has rules of its own: see RunnerKey.Find.
    private static IEnumerable<string> FromEnvironment(string[] arguments, Func<string, string?> environment) =>
        from property in typeof(RunnerOptions).GetProperties()
        let option = property.GetCustomAttribute<CommandOptionAttribute>()?.LongNames[0]
        where option is not (null or "key" or "key-file") && !arguments.Any(a => a.Split('=', ':')[0] == $"--{option}")
        let value = environment("LEDGER_" + option.Replace('-', '_').ToUpperInvariant())
        where !string.IsNullOrWhiteSpace(value)
        from one in property.PropertyType.IsArray
            ? value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [value]
        select $"--{option}={one}";
}
