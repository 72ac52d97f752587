using System.CommandLine;
using System.Security.Cryptography;
using Ledger.Runner.Execution;

namespace Ledger.Runner;

/// <summary>
/// The options on the command line. Each may come by an environment variable instead: <c>LEDGER_</c> and its name in capitals, with
/// underscores for dashes and commas between several values. The command line wins.
/// </summary>
internal sealed class CommandLine
{
    private const int MaximumWordLength = 256;

    // Checkly's types of check (docs/dialects/checkly.md#words).
    private static readonly string[] AllCheckTypes =
    [
        "AGENTIC", "API", "BROWSER", "DNS", "GRPC", "HEARTBEAT", "ICMP", "MULTI_STEP", "PLAYWRIGHT", "SSL", "TCP", "TRACEROUTE", "URL",
    ];

    private readonly Option<string> url = new("--url")
    {
        Description = "The root of the ledger, such as http://127.0.0.1:5080",
        Required = true,
    };

    private readonly Option<string?> key = new("--key")
    {
        Description = "An API key with the scope runner, or - to read it from standard input; command lines can be read by others, so prefer that or --key-file",
    };

    private readonly Option<string?> keyFile = new("--key-file")
    {
        Description = "A file that holds the key and nothing else, or an inherited descriptor such as /dev/fd/3",
    };

    private readonly Option<string[]> locations = new("--location")
    {
        Description = "Where this runner stands; repeat for several",
        Required = true,
    };

    private readonly Option<string[]> checkTypes = new("--check-type")
    {
        Description = "What it takes; repeat for several",
        DefaultValueFactory = _ => AllCheckTypes,
    };

    private readonly Option<string?> id = new("--id") { Description = "This runner's name; by default the host's with a random part" };

    private readonly Option<int> max = new("--max")
    {
        Description = "How many runs it executes at once",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private readonly Option<double> grace = new("--grace-seconds")
    {
        Description = "How long a cancelled run may take to end by itself",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<double> drain = new("--drain-seconds")
    {
        Description = "How long a drain may take before what still runs is killed",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<string> workDirectory = new("--work-directory")
    {
        Description = "Where commands run whose spec names no directory; relative directories begin here",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<string> logDirectory = new("--log-directory")
    {
        Description = "Where the output of runs is kept, one file per run",
        DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ledger-runner"),
    };

    private readonly Option<string> dataDirectory = new("--data-directory")
    {
        Description = "Where bundles are unpacked and what is installed for them is kept",
        DefaultValueFactory = _ => DefaultDataDirectory(),
    };

    private readonly Option<string> engine = new("--container-engine")
    {
        Description = "docker, podman, a path, or auto for whichever answers",
        DefaultValueFactory = _ => ContainerEngine.Automatic,
    };

    private readonly Option<string?> runAs = new("--run-as")
    {
        Description = "The user that runs execute as; only root may change it",
    };

    private readonly Func<string, string?> environment;
    private readonly TextReader input;
    private string? found;
    private string? warning;

    private CommandLine(Func<string, string?> environment, TextReader input)
    {
        this.environment = environment;
        this.input = input;
    }

    private Option[] All =>
        [url, key, keyFile, locations, checkTypes, id, max, grace, drain, workDirectory, logDirectory, dataDirectory, engine, runAs];

    /// <summary>Reads the options. Prints help or what is wrong, and returns no options then but the exit code.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="input">The standard input, which may carry the key.</param>
    public static (RunnerOptions? Options, int ExitCode) Read(string[] arguments, Func<string, string?> environment, TextReader input) =>
        new CommandLine(environment, input).Parse(arguments);

    private (RunnerOptions? Options, int ExitCode) Parse(string[] arguments)
    {
        var root = new RootCommand("Executes runs of a ledger: claims them, runs their commands, obeys cancels and reports what happened.");
        foreach (var option in All)
        {
            root.Options.Add(option);
        }

        RunnerOptions? options = null;
        root.SetAction(result =>
        {
            var problem = FindProblem(result) ?? ReadKey(result);
            if (problem is null)
            {
                options = Build(result);
                return ExitCodes.Clean;
            }

            Console.Error.WriteLine(problem);
            return ExitCodes.Unusable;
        });
        // The key has rules of its own: see ReadKey.
        var others = All.Where(option => option != key && option != keyFile);
        var result = root.Parse([.. arguments, .. others.SelectMany(option => FromEnvironment(option, arguments))]);
        var exitCode = result.Invoke();
        return (options, result.Errors.Count > 0 ? ExitCodes.Unusable : exitCode);
    }

    private IEnumerable<string> FromEnvironment(Option option, string[] arguments)
    {
        var name = option.Name;
        if (arguments.Any(a => a.Split('=', ':')[0] == name))
        {
            return [];
        }

        var value = environment("LEDGER_" + name.TrimStart('-').Replace('-', '_').ToUpperInvariant());
        if (string.IsNullOrWhiteSpace(value))
        {
            return [];
        }

        string[] values = option is Option<string[]>
            ? value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [value];
        return values.SelectMany(v => new[] { name, v });
    }

    private string? FindProblem(ParseResult result) => result switch
    {
        _ when !(Uri.TryCreate(result.GetValue(this.url), UriKind.Absolute, out var url) && url.Scheme is "http" or "https") =>
            "--url must be an http or https address.",
        _ when result.GetValue(this.id) is { } id && !IsHeaderSafe(id) => $"--id must be one word of up to {MaximumWordLength} characters.",
        _ when result.GetValue(max) is < 1 or > 1000 => "--max must be between 1 and 1000.",
        _ when result.GetValue(grace) is not (>= 0 and <= 3600) => "--grace-seconds must be between 0 and 3600.",
        _ when result.GetValue(drain) is not (>= 0 and <= 86_400) => "--drain-seconds must be between 0 and 86400.",
        _ when result.GetValue(runAs) is { } user && UserAccount.Find(user) is null => $"--run-as names {user}, which is no user of this machine.",
        _ when result.GetValue(runAs) is not null && !Posix.IsRoot => "--run-as needs a runner that is root: no one else may change the user.",
        _ when !Directory.Exists(result.GetValue(workDirectory)) => "--work-directory must exist.",
        _ => null,
    };

    // The command line wins over the environment, and a file over the key itself.
    private string? ReadKey(ParseResult result)
    {
        var (onLine, file) = (result.GetValue(key), result.GetValue(keyFile));
        if (onLine is not null && file is not null)
        {
            return "--key and --key-file exclude each other.";
        }

        if (onLine is null && (file ?? OrNull(environment(RunnerKey.FileVariable))) is { } path)
        {
            try
            {
                found = RunnerKey.ReadFile(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"the file with the key cannot be read: {e.Message}";
            }
        }
        else if (onLine is RunnerKey.FromStandardInput)
        {
            found = input.ReadLine()?.Trim();
        }
        else
        {
            found = onLine ?? OrNull(environment(RunnerKey.Variable));
            warning = onLine is null
                ? $"the key came in the environment variable {RunnerKey.Variable}, where others may have read it; prefer --key-file"
                : "the key stood on the command line, where others may have read it; prefer --key-file";
        }

        return found is null
            ? $"a key is missing: name a file that holds it by --key-file or {RunnerKey.FileVariable}, or give it on standard input with --key -."
            : IsHeaderSafe(found) ? null : $"the key must be one word of up to {MaximumWordLength} characters.";
    }

    private static string? OrNull(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static bool IsHeaderSafe(string? word) =>
        word is { Length: > 0 and <= MaximumWordLength } && word.All(c => c is > ' ' and < (char)127);

    private RunnerOptions Build(ParseResult result) => new()
    {
        Url = new Uri(result.GetRequiredValue(url)),
        Key = found!,
        KeyWarning = warning,
        Locations = result.GetRequiredValue(locations),
        CheckTypes = result.GetRequiredValue(checkTypes),
        Id = result.GetValue(id) ?? NewId(),
        Max = result.GetValue(max),
        Grace = TimeSpan.FromSeconds(result.GetValue(grace)),
        DrainLimit = TimeSpan.FromSeconds(result.GetValue(drain)),
        WorkDirectory = Path.GetFullPath(result.GetRequiredValue(workDirectory)),
        LogDirectory = Path.GetFullPath(result.GetRequiredValue(logDirectory)),
        DataDirectory = Path.GetFullPath(result.GetRequiredValue(dataDirectory)),
        ContainerEngine = result.GetRequiredValue(engine),
        RunAs = result.GetValue(runAs) is { } user ? UserAccount.Find(user) : null,
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
