namespace Ledger.Runner.Tests;

public sealed class Reading_the_command_line
{
    private static readonly string[] Least = ["--url", "http://127.0.0.1:5080", "--key", "k", "--location", "eu-central-1"];

    [Fact]
    public void Three_options_are_enough()
    {
        var (options, _) = CommandLine.Read(Least, _ => null, TextReader.Null);

        options.ShouldNotBeNull();
        options.Locations.ShouldBe(["eu-central-1"]);
        options.CheckTypes.Length.ShouldBe(13);
        options.Max.ShouldBe(Environment.ProcessorCount);
        options.GraceSeconds.ShouldBe(10);
        options.DrainSeconds.ShouldBe(60);
        options.Id.ShouldNotBe(CommandLine.Read(Least, _ => null, TextReader.Null).Options!.Id);
    }

    [Fact]
    public void The_environment_stands_in_for_what_the_command_line_leaves_out()
    {
        var environment = new Dictionary<string, string?>
        {
            ["LEDGER_URL"] = "http://elsewhere:1",
            ["LEDGER_KEY"] = "from-the-environment",
            ["LEDGER_LOCATION"] = "a, b",
            ["LEDGER_GRACE_SECONDS"] = "2.5",
        };

        var (options, _) = CommandLine.Read(
            ["--url", "http://here:2", "--location", "c", "--location", "d"], environment.GetValueOrDefault, TextReader.Null);

        options.ShouldNotBeNull();
        options.Url.ShouldBe(new Uri("http://here:2"));
        options.Key.ShouldBe("from-the-environment");
        options.Locations.ShouldBe(["c", "d"]);
        options.GraceSeconds.ShouldBe(2.5);
        CommandLine.Read([], environment.GetValueOrDefault, TextReader.Null).Options!.Locations.ShouldBe(["a", "b"]);
    }

    [Theory]
    [InlineData("--url", "not an address")]
    [InlineData("--url", "ftp://somewhere")]
    [InlineData("--max", "0")]
    [InlineData("--max", "many")]
    [InlineData("--grace-seconds", "-1")]
    [InlineData("--id", "two words")]
    [InlineData("--work-directory", "/no/such/directory")]
    [InlineData("--no-such-option", "1")]
    public void What_makes_no_sense_is_refused(string option, string value)
    {
        var (options, exitCode) = CommandLine.Read([.. Least.Where((_, i) => Least[i - (i % 2)] != option), option, value], _ => null, TextReader.Null);

        options.ShouldBeNull();
        exitCode.ShouldBe(ExitCodes.Unusable);
    }

    [Fact]
    public void Without_a_location_nothing_runs()
    {
        var (options, exitCode) = CommandLine.Read(["--url", "http://here:2", "--key", "k"], _ => null, TextReader.Null);

        options.ShouldBeNull();
        exitCode.ShouldBe(ExitCodes.Unusable);
    }

    [Fact]
    public void The_key_comes_from_a_file_from_standard_input_or_as_it_is()
    {
        string[] rest = ["--url", "http://here:2", "--location", "a"];
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "from-a-file\n");
        string? Both(string name) => name switch { "LEDGER_KEY" => "from-the-environment", "LEDGER_KEY_FILE" => file, _ => null };

        CommandLine.Read([.. rest, "--key-file", file], _ => null, TextReader.Null).Options!.Key.ShouldBe("from-a-file");
        CommandLine.Read([.. rest, "--key", "-"], Both, new StringReader("from-input\n")).Options!.Key.ShouldBe("from-input");
        CommandLine.Read([.. rest, "--key", "from-the-line"], Both, TextReader.Null).Options!.Key.ShouldBe("from-the-line");
        CommandLine.Read(rest, Both, TextReader.Null).Options!.Key.ShouldBe("from-a-file");
        CommandLine.Read(rest, Both, TextReader.Null).Options!.KeyWarning.ShouldBeNull();
        File.Delete(file);
    }

    [Theory]
    [InlineData("--key", "k", "--key-file", "/etc/hostname")]
    [InlineData("--key-file", "/no/such/file", "--max", "1")]
    [InlineData("--key", "-", "--max", "1")]
    [InlineData("--key", "two words", "--max", "1")]
    [InlineData("--key", "k", "--run-as", "no-such-user-anywhere")]
    [InlineData("--max", "1", "--max", "1")]
    public void Without_one_usable_key_and_user_nothing_runs(params string[] arguments)
    {
        var (options, exitCode) = CommandLine.Read(
            ["--url", "http://here:2", "--location", "a", .. arguments], _ => null, TextReader.Null);

        options.ShouldBeNull();
        exitCode.ShouldBe(ExitCodes.Unusable);
    }
}
