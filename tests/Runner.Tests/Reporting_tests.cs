using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

public sealed class Reporting_tests : IDisposable
{
    // As Playwright 1.65 writes it, with what this runner does not read left out.
    private const string Report =
        """
        {"config":{"version":"1.65.1"},"suites":[{"title":"more.spec.ts","file":"more.spec.ts","line":0,"specs":[
          {"title":"fails","ok":false,"id":"s-1","file":"more.spec.ts","line":3,"column":1,"tests":[{"projectName":"","status":"unexpected","results":[
            {"status":"failed","duration":29,"retry":0,"errors":[{"message":"\u001b[2mexpect(\u001b[22m1\u001b[2m)\u001b[22m"},{"message":"another"}]},
            {"status":"failed","duration":24,"retry":1,"errors":[{"message":"again"}]}]}]},
          {"title":"is skipped","id":"s-2","file":"more.spec.ts","line":4,"tests":[{"status":"skipped","results":[{"status":"skipped","duration":0,"errors":[]}]}]},
          {"title":"flaky one","id":"s-3","file":"more.spec.ts","line":5,"tests":[{"status":"flaky","results":[
            {"status":"failed","duration":16,"errors":[{"message":"first"}]},{"status":"passed","duration":14.4,"errors":[]}]}]},
          {"title":"times out","id":"s-4","file":"more.spec.ts","line":6,"tests":[{"status":"unexpected","results":[{"status":"timedOut","duration":302,"errors":[]}]}]},
          {"title":"cut off","id":"s-5","file":"more.spec.ts","line":7,"tests":[{"status":"skipped","results":[{"status":"interrupted","duration":2071,"errors":[]}]}]},
          {"title":"never began","id":"s-6","file":"more.spec.ts","line":8,"tests":[{"status":"skipped","results":[]}]},
          {"title":"cut off in a second try","id":"s-7","file":"more.spec.ts","line":9,"tests":[{"status":"unexpected","results":[
            {"status":"failed","duration":1,"errors":[]},{"status":"interrupted","duration":1,"errors":[]}]}]},
          {"title":"fails as it should","id":"s-8","file":"more.spec.ts","line":10,"tests":[{"status":"expected","results":[{"status":"failed","duration":5,"errors":[]}]}]}
         ],"suites":[{"title":"group","file":"more.spec.ts","specs":[
          {"title":"inner","id":"s-9","file":"more.spec.ts","line":12,"tests":[
            {"projectName":"one","status":"expected","results":[{"status":"passed","duration":8,"errors":[]}]},
            {"projectName":"two","status":"skipped","results":[]}]}]}]}],
         "errors":[],"stats":{}}
        """;

    private readonly string file = Path.Combine(Directory.CreateTempSubdirectory("ledger-report-").FullName, "report.json");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

    [Fact]
    public void Every_test_is_told_as_it_ended()
    {
        var cases = PlaywrightReport.Read(Encoding.UTF8.GetBytes(Report))!;

        cases.Select(c => (c.Title, c.Status)).ShouldBe(
        [
            ("fails", TestStatus.Failed),
            ("is skipped", TestStatus.Skipped),
            ("flaky one", TestStatus.Flaky),
            ("times out", TestStatus.TimedOut),
            ("cut off", TestStatus.Interrupted),
            ("never began", TestStatus.Skipped),
            ("cut off in a second try", TestStatus.Interrupted),
            ("fails as it should", TestStatus.Passed),
            ("group › inner [one]", TestStatus.Passed),
            ("group › inner [two]", TestStatus.Skipped),
        ]);
        cases[0].ShouldSatisfyAllConditions(
            c => c.Id.ShouldBe("s-1"),
            c => c.Location.ShouldBe("more.spec.ts:3"),
            c => c.DurationMs.ShouldBe(53),
            c => c.Errors.ShouldBe(["expect(1)", "again"]));
        cases[1].DurationMs.ShouldBeNull();
        cases[5].DurationMs.ShouldBeNull();
        cases[8].Id.ShouldBe("s-9:one");
    }

    [Fact]
    public void Half_a_character_costs_its_message_only()
    {
        const string report =
            """
            {"suites":[{"specs":[{"title":"a","file":"a.ts","line":1,"tests":[
              {"status":"unexpected","results":[{"status":"failed","duration":1,"errors":[{"message":"cut \ud83d"}]}]}]}]}]}
            """;

        PlaywrightReport.Read(Encoding.UTF8.GetBytes(report))!.ShouldHaveSingleItem().Errors.ShouldBe(["(not readable)"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"suites\":[{\"specs\":[{\"title\":\"half")]
    public async Task What_is_no_report_tells_nothing(string content)
    {
        await File.WriteAllTextAsync(file, content);

        TestReport.Read(file).ShouldBeNull();
    }

    [Fact]
    public void Durations_that_cannot_be_true_cost_no_result()
    {
        var results = string.Join(',', Enumerable.Repeat("""{"status":"passed","duration":9e14}""", 12_000));
        var report = $$"""{"suites":[{"specs":[{"title":"t","tests":[{"status":"expected","results":[{{results}}]}]}]}]}""";

        PlaywrightReport.Read(Encoding.UTF8.GetBytes(report))!.ShouldHaveSingleItem().Status.ShouldBe(TestStatus.Passed);
    }

    [Theory]
    [InlineData("{\"suites\":1}")]
    [InlineData("{\"suites\":[1,{\"specs\":{},\"suites\":[[]]}]}")]
    [InlineData("{\"suites\":[{\"specs\":[{\"title\":7,\"tests\":\"x\"}]}]}")]
    public void What_a_report_says_otherwise_is_left_out(string content) =>
        PlaywrightReport.Read(Encoding.UTF8.GetBytes(content)).ShouldBeEmpty();

    [Fact]
    public void A_pipe_a_link_and_a_directory_in_its_place_tell_nothing()
    {
        TestReport.Read(file).ShouldBeNull();
        Directory.CreateDirectory(file);
        TestReport.Read(file).ShouldBeNull();
        Directory.Delete(file);
        File.CreateSymbolicLink(file, "/dev/zero");
        TestReport.Read(file).ShouldBeNull();
        File.Delete(file);
        System.Diagnostics.Process.Start("mkfifo", file).WaitForExit();
        TestReport.Read(file).ShouldBeNull();
    }

    [Fact]
    public async Task Too_many_tests_are_cut_and_those_that_went_wrong_stay()
    {
        var message = new string('é', 3000);
        var specs = Enumerable.Range(0, 5000).Select(i => i % 10 == 9 && i > 4000
            ? $$"""{"title":"t{{i}}","id":"{{i}}","file":"a.ts","line":1,"tests":[{"status":"unexpected","results":[{"status":"failed","duration":1,"errors":[{"message":"{{message}}"}]}]}]}"""
            : $$"""{"title":"t{{i}}","id":"{{i}}","file":"a.ts","line":1,"tests":[{"status":"expected","results":[{"status":"passed","duration":1}]}]}""");
        await File.WriteAllTextAsync(file, $$"""{"suites":[{"specs":[{{string.Join(',', specs)}}]}]}""");

        var report = TestReport.Read(file)!;

        (report.Cases.Count + report.LeftOut).ShouldBe(5000);
        report.Cases.Count.ShouldBeLessThanOrEqualTo(TestReport.MaximumCases);
        JsonSerializer.SerializeToUtf8Bytes(report.Cases).Length.ShouldBeLessThan(200 * 1024);
        report.Cases[^1].Title.ShouldBe("t4999");
        report.Cases.Count(c => c.Status is TestStatus.Failed).ShouldBe(100);
        report.Cases.First(c => c.Status is TestStatus.Failed).Errors![0].Length.ShouldBe(1000);
    }

    [Fact]
    public async Task A_run_that_leaves_a_report_says_what_is_in_it()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        await File.WriteAllTextAsync(runner.PathOf("report.json"), Report);
        var run = runner.Ledger.Enqueue(FakeRun.Of("cp report.json \"$PLAYWRIGHT_JSON_OUTPUT_NAME\"; test -d ${PLAYWRIGHT_JSON_OUTPUT_FILE%/*}"));

        var result = await runner.Ledger.FinalAsync(run);

        ((bool)result["hasFailures"]!).ShouldBeFalse();
        var cases = result["details"]!["testCases"]!.AsArray();
        cases.Count.ShouldBe(10);
        cases[0]!.ToJsonString().ShouldBe(
            """{"id":"s-1","title":"fails","location":"more.spec.ts:3","status":"failed","durationMs":53,"errors":["expect(1)","again"]}""");
        ((string?)cases[3]!["status"]).ShouldBe("timedOut");
    }

    [Fact]
    public async Task A_run_that_is_stopped_says_what_it_got_done()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        await File.WriteAllTextAsync(runner.PathOf("report.json"), Report);
        var run = runner.Ledger.Enqueue(FakeRun.Of(
            "trap 'cp report.json \"$PLAYWRIGHT_JSON_OUTPUT_FILE\"; exit 130' INT; echo $$ > pids; while :; do sleep 0.05; done"));
        await Eventually.LinesAsync(runner.PathOf("pids"));

        await runner.Ledger.SignalAsync(run, Guid.NewGuid());

        JsonNode result = await runner.Ledger.FinalAsync(run);
        ((bool)result["isCancelled"]!).ShouldBeTrue();
        result["details"]!["testCases"]!.AsArray().Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_try_does_not_tell_what_the_one_before_it_did()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        await File.WriteAllTextAsync(runner.PathOf("report.json"), Report);
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            command = new[] { "sh", "-c", "test -e tried && exit 0; touch tried; cp report.json $PLAYWRIGHT_JSON_OUTPUT_FILE; exit 1" },
            retryStrategy = new { type = "FIXED", baseBackoffSeconds = 0 },
        }));

        (await runner.Ledger.FinalAsync(run))["details"]!["testCases"].ShouldBeNull();
        runner.Ledger.AttemptsOf(run).ShouldHaveSingleItem()["details"]!["testCases"]!.AsArray().Count.ShouldBe(10);
    }
}
