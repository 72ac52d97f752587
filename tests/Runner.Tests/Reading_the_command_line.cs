namespace Ledger.Runner.Tests;

public sealed class Reading_the_command_line
{
    private static readonly string[] Least = ["--url", "http://127.0.0.1:5080", "--key", "k", "--location", "eu-central-1"];

    [Fact]
    public void Three_options_are_enough()
    {
        var (options, _) = CommandLine.Read(Least, _ => null);

        options.ShouldNotBeNull();
        options.Locations.ShouldBe(["eu-central-1"]);
        options.CheckTypes.Count.ShouldBe(13);
        options.Max.ShouldBe(Environment.ProcessorCount);
        options.Grace.ShouldBe(TimeSpan.FromSeconds(10));
        options.DrainLimit.ShouldBe(TimeSpan.FromSeconds(60));
        options.Id.ShouldNotBe(CommandLine.Read(Least, _ => null).Options!.Id);
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
            ["--url", "http://here:2", "--location", "c", "--location", "d"], environment.GetValueOrDefault);

        options.ShouldNotBeNull();
        options.Url.ShouldBe(new Uri("http://here:2"));
        options.Key.ShouldBe("from-the-environment");
        options.Locations.ShouldBe(["c", "d"]);
        options.Grace.ShouldBe(TimeSpan.FromSeconds(2.5));
        CommandLine.Read([], environment.GetValueOrDefault).Options!.Locations.ShouldBe(["a", "b"]);
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
        var (options, exitCode) = CommandLine.Read([.. Least.Where((_, i) => Least[i - (i % 2)] != option), option, value], _ => null);

        options.ShouldBeNull();
        exitCode.ShouldBe(ExitCodes.Unusable);
    }

    [Fact]
    public void Without_a_location_nothing_runs()
    {
        var (options, exitCode) = CommandLine.Read(["--url", "http://here:2", "--key", "k"], _ => null);

        options.ShouldBeNull();
        exitCode.ShouldBe(ExitCodes.Unusable);
    }
}
