using System.Net;
using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>Why a result is as it is, and where the links lead (docs/dialects/checkly.md#reasons).</summary>
public sealed class ReasonTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task What_the_supplied_runner_reports_of_a_request_is_shown_in_the_described_shape()
    {
        var result = await ResultAsync("API", sequence => new
        {
            message = "1 of 1 assertions failed",
            log = "[runner] GET http://shop\n",
            logFile = $"/var/lib/ledger/{sequence}.log",
            api = new
            {
                request = new { method = "GET", url = "http://shop" },
                response = new { status = 200, statusText = "OK", responseTimeMs = 3 },
                assertions = new[] { new { source = "STATUS_CODE", comparison = "EQUALS", property = "", target = "201", actual = "200", error = "it does not hold" } },
            },
        });

        var api = result["apiCheckResult"];
        api.EnumerateObject().Select(member => member.Name).ShouldBe(["jobLog", "request", "response", "assertions"], ignoreOrder: true);
        api.Text("request/url").ShouldBe("http://shop");
        api.At("response").GetRawText().ShouldBe("""{"status":200,"statusText":"OK"}""");
        api.Text("assertions/0/error").ShouldBe("it does not hold");
        api.Text("jobLog/request/0/msg").ShouldBe("[runner] GET http://shop");
        result.Body.ShouldNotContain("/var/lib");
    }

    [Fact]
    public async Task A_request_without_an_answer_tells_its_error()
    {
        var result = await ResultAsync("API", _ => new
        {
            message = "the request failed: refused",
            api = new { request = new { method = "GET", url = "http://shop" }, requestError = "refused", assertions = Array.Empty<object>() },
        });

        result["apiCheckResult/requestError"].GetString().ShouldBe("refused");
        result["apiCheckResult/response/status"].GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Errors_of_a_suite_name_the_test_and_no_path_of_the_runners_machine()
    {
        var result = await ResultAsync("PLAYWRIGHT", sequence => new
        {
            log = $"at /tmp/data/runs/a1/{sequence}-0f0f/bundle/tests/a.spec.ts:3\nin /tmp/data/runs/a1/{sequence}-0f0f\n",
            logFile = $"/tmp/data/{sequence}.log",
            exitCode = 1,
            testCases = new[]
            {
                new { title = "adds up", location = "a.spec.ts:3", status = "failed", errors = new[] { $"boom at /tmp/data/runs/a1/{sequence}-0f0f/bundle/x.ts" } },
                new { title = "works", location = "a.spec.ts:4", status = "passed", errors = Array.Empty<string>() },
            },
        });

        var suite = result["playwrightCheckResult"];
        suite.EnumerateObject().Select(member => member.Name).ShouldBe(["jobLog", "errors"], ignoreOrder: true);
        suite.Text("errors/0/message").ShouldBe("adds up (a.spec.ts:3): boom at x.ts");
        suite.At("errors").GetArrayLength().ShouldBe(1);
        suite.Text("jobLog/0/msg").ShouldBe("at tests/a.spec.ts:3\nin .");
        result.Body.ShouldNotContain("/tmp");
    }

    [Fact]
    public async Task What_was_never_executed_says_why()
    {
        var result = await ResultAsync("TCP", _ => new { message = "The supplied runner executes no checks of type TCP." }, start: false);

        result["scheduleError"].GetString().ShouldBe("The supplied runner executes no checks of type TCP.");
        (await ResultAsync("PLAYWRIGHT", _ => new { message = "the installation failed: npm ci" }, hasErrors: true))["scheduleError"].ValueKind
            .ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_platforms_own_runner_is_shown_as_far_as_its_words_are_described()
    {
        var result = await ResultAsync("PLAYWRIGHT", _ => new
        {
            errors = new[] { new { message = "own" } },
            playwrightTestVideos = new[] { "https://videos/1" },
            secretOfTheRunner = "x",
        });

        result["playwrightCheckResult"].EnumerateObject().Select(member => member.Name).ShouldBe(["errors", "playwrightTestVideos"]);
        result["playwrightCheckResult/errors/0/message"].GetString().ShouldBe("own");
    }

    [Theory]
    [InlineData("/v1/variables/X", "The ledger keeps no environment variables of an account: set them in checks and groups, or with --env.")]
    [InlineData("/v1/status-pages/incidents", "The ledger has no status pages and no incidents on them.")]
    [InlineData("/v1/projects/shop/deployments/unknown/more", "Not Found")]
    [InlineData("/v1/unknown", "Not Found")]
    public async Task An_unknown_path_is_answered_in_this_dialect_and_says_what_there_is_none_of(string path, string message) =>
        (await ledger.GetAsync(path)).ShouldBeNotFound(message);

    [Fact]
    public async Task Analytics_are_there_for_checks_of_other_types_too()
    {
        var check = await ledger.RegisterAsync("API");

        var analytics = await ledger.GetAsync($"/v1/analytics/api-checks/{check}?metrics=availability,responseTime_p95");

        analytics.Status.ShouldBe(HttpStatusCode.OK, analytics.Body);
        analytics["checkType"].GetString().ShouldBe("API");
        (await ledger.GetAsync($"/v1/analytics/ssl/{check}?metrics=availability")).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync("/v1/variables")).Body.ShouldBe("[]");
        (await ledger.GetAsync("/next/accounts"))["0/id"].GetGuid().ShouldBe(ledger.AccountId);
    }

    /// <summary>The single result of a test session whose only run fails with these details.</summary>
    private async Task<Answer> ResultAsync(string checkType, Func<Guid, object> details, bool start = true, bool hasErrors = false)
    {
        var test = await ledger.TriggerTestAsync(await ledger.RegisterAsync(checkType));
        var session = test["testSessionId"].GetGuid();
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        await (start ? ledger.Runner.StartAllAsync(session) : ledger.Runner.ClaimAsync(session, sequence));
        await ledger.Runner.ReportAsync(
            session,
            sequence,
            ResultType.Final,
            hasFailures: start && !hasErrors,
            hasErrors: !start || hasErrors,
            details: JsonSerializer.SerializeToElement(details(sequence)));
        var result = await ledger.GetAsync($"/v1/test-sessions/{session}/results/{test["results/0/testSessionResultId"].GetGuid()}");
        result.Status.ShouldBe(HttpStatusCode.OK, result.Body);
        return result;
    }
}
