using System.Text.RegularExpressions;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Hosting;

/// <summary>
/// The tour of README.md as a newcomer pastes it: the first block in one terminal, the others one after another in a second one. What a block is said
/// to print it prints; an ellipsis stands for anything, and ids and times are others each time.
/// </summary>
public sealed partial class TourTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly string folder = Directory.CreateTempSubdirectory("ledger-tour-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Every_command_works_as_it_is_pasted_and_prints_what_stands_beneath_it()
    {
        var port = $"{LedgerProcess.FreePort()}";
        var readme = (await File.ReadAllTextAsync(Path.Combine(Repository(), "README.md"))).Replace("5080", port, StringComparison.Ordinal);
        var blocks = Block().Matches(readme).Select(block => (Commands: block.Groups["commands"].Value, Printed: block.Groups["printed"].Value)).ToList();
        blocks.Count.ShouldBeGreaterThan(8);
        var environment = await PrepareAsync(port);

        // A terminal, so that it says what it says to people.
        await using (var first = ChildProcess.Start("script", ["-qefc", blocks[0].Commands, "/dev/null"], folder, environment))
        {
            var file = Path.Combine(folder, "pasted.sh");
            await File.WriteAllTextAsync(file, string.Join('\n', blocks.Skip(1).Select((block, number) => $"{block.Commands}printf '\\n--- {number + 1}\\n'")));
            await using var second = ChildProcess.Start("bash", [file], folder, environment);
            var code = await second.ExitCodeAsync(Patience);
            var printed = string.Join('\n', second.Output);
            code.ShouldBe(0, printed);

            // It goes on to tell of each session.
            Terminal(first).ShouldMatch(Pattern(blocks[0].Printed));
            var parts = Regex.Split(printed, @"\n?--- \d+\n?", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
            for (var number = 1; number < blocks.Count; number++)
            {
                $"\n{parts[number - 1].Trim()}".ShouldMatch($@"{Pattern(blocks[number].Printed)}\z", blocks[number].Commands);
            }
        }

        await Eventually.Become(() => Task.FromResult(string.Join('\n', ProcessTable.Mentioning(folder))), left => left.Length == 0, Patience);
    }

    /// <summary>The root of the repository.</summary>
    internal static string Repository()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Ledger.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("There is no Ledger.sln above the tests.");
        }

        return root;
    }

    private static string Terminal(ChildProcess process) => string.Join('\n', process.Output.Prepend("")).Replace("\r", "", StringComparison.Ordinal);

    private static string Pattern(string printed)
    {
        // Alone on its line it stands for any lines, else for what is left out of one.
        var pattern = Regex.Escape($"\n{printed.Trim()}").Replace(@"\n…\n", @"\n(?:.*\n)*?", StringComparison.Ordinal).Replace("…", ".*?", StringComparison.Ordinal);
        pattern = Id().Replace(pattern, "[0-9a-f-]{36}");
        return $@"\A{Time().Replace(pattern, @"\d\d:\d\d:\d\d\.\d{3}Z")}";
    }

    /// <summary>A <c>dotnet</c> that runs what is built instead of building it, on a free port.</summary>
    private async Task<Dictionary<string, string>> PrepareAsync(string port)
    {
        var shim = Path.Combine(folder, "bin", "dotnet");
        Directory.CreateDirectory(Path.GetDirectoryName(shim)!);
        await File.WriteAllTextAsync(shim, $"""
            #!/bin/sh
            [ "$1 $2" = "run --project" ] || exit 99
            project=$3
            shift 3
            [ "$1" != -- ] || shift
            case $project in
                src/Http) exec "$REAL_DOTNET" '{AppContext.BaseDirectory}Ledger.Http.dll' --urls http://127.0.0.1:{port} "$@" ;;
                src/Runner) exec "$REAL_DOTNET" '{AppContext.BaseDirectory}Ledger.Runner.dll' --data-directory '{folder}/runner' "$@" ;;
            esac
            exit 98

            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(shim, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var path = Environment.GetEnvironmentVariable("PATH")!;
        var dotnet = path.Split(Path.PathSeparator).Select(directory => Path.Combine(directory, "dotnet")).FirstOrDefault(File.Exists) ?? Environment.ProcessPath!;
        return new(StringComparer.Ordinal) { ["PATH"] = $"{Path.GetDirectoryName(shim)}:{path}", ["REAL_DOTNET"] = dotnet, ["TERM"] = "dumb" };
    }

    [GeneratedRegex(@"^```bash\n(?<commands>.*?)^```\n(```text\n(?<printed>.*?)^```$)?", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Block();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.None, 5000)]
    private static partial Regex Id();

    [GeneratedRegex(@"\d\d:\d\d:\d\d\\\.\d{3}Z", RegexOptions.None, 5000)]
    private static partial Regex Time();
}
