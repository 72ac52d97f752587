using System.Text;
using System.Text.Json.Nodes;
using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

public sealed class Making_a_request : IAsyncLifetime
{
    private FakeSite service = null!;
    private RunnerUnderTest runner = null!;

    public async Task InitializeAsync()
    {
        service = await FakeSite.StartAsync();
        runner = await RunnerUnderTest.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await runner.DisposeAsync();
        await service.DisposeAsync();
    }

    [Fact]
    public async Task A_request_passes_and_says_what_it_found()
    {
        var result = await PerformAsync(new
        {
            url = $"{service.Url}/json",
            assertions = new[] { Assertion("STATUS_CODE", "EQUALS", "200") },
        });

        ((bool)result["hasFailures"]!).ShouldBeFalse();
        ((bool)result["hasErrors"]!).ShouldBeFalse();
        ((long)result["responseTime"]!).ShouldBe((long)result["details"]!["api"]!["response"]!["responseTimeMs"]!);
        ((int)result["details"]!["api"]!["response"]!["status"]!).ShouldBe(200);
        ((string?)result["details"]!["api"]!["request"]!["method"]).ShouldBe("GET");
        var assertion = result["details"]!["api"]!["assertions"]![0]!;
        ((string?)assertion["actual"]).ShouldBe("200");
        assertion["error"].ShouldBeNull();
    }

    [Fact]
    public async Task Everything_that_the_spec_says_is_sent()
    {
        await PerformAsync(
            new
            {
                method = "POST",
                url = $"{service.Url}/200?a=1",
                headers = new[] { Pair("X-One", "{{TOKEN}}"), Pair("Content-Type", "application/vnd.test+json") },
                queryParameters = new[] { Pair("b c", "2&{{{TOKEN}}}") },
                body = """{"deep":{"token":"{{ TOKEN }}"}}""",
                bodyType = "JSON",
                basicAuth = new { username = "me", password = "{{TOKEN}}" },
            },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["TOKEN"] = "s3cret" });

        var arrived = service.Requests.ShouldHaveSingleItem();
        arrived.Method.ShouldBe("POST");
        arrived.PathAndQuery.ShouldBe("/200?a=1&b%20c=2%26s3cret");
        arrived.Headers["x-one"].ShouldBe("s3cret");
        arrived.Headers["content-type"].ShouldBe("application/vnd.test+json");
        arrived.Headers["authorization"].ShouldBe("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:s3cret")));
        arrived.Body.ShouldBe("""{"deep":{"token":"s3cret"}}""");
    }

    [Theory]
    [InlineData("JSON", "{}", "application/json", "{}")]
    [InlineData("FORM", "a=1", "application/x-www-form-urlencoded", "a=1")]
    [InlineData("RAW", "text", "text/plain", "text")]
    [InlineData("GRAPHQL", "{ me }", "application/json", """{"query":"{ me }"}""")]
    public async Task A_body_has_the_content_type_of_its_kind(string bodyType, string body, string contentType, string sent)
    {
        await PerformAsync(new { method = "PUT", url = $"{service.Url}/200", bodyType, body });

        var arrived = service.Requests.ShouldHaveSingleItem();
        arrived.Headers["content-type"].ShouldBe(contentType);
        arrived.Body.ShouldBe(sent);
    }

    [Fact]
    public async Task The_values_of_variables_stay_out_of_the_result()
    {
        var result = await PerformAsync(
            new { url = $"{service.Url}/404?token={{{{TOKEN}}}}", assertions = new[] { Assertion("TEXT_BODY", "CONTAINS", "{{TOKEN}}") } },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["TOKEN"] = "s3cret" });

        service.Requests.ShouldHaveSingleItem().PathAndQuery.ShouldEndWith("token=s3cret");
        result.ToJsonString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData(399, false, false)]
    [InlineData(400, false, true)]
    [InlineData(503, false, true)]
    [InlineData(404, true, false)]
    [InlineData(200, true, true)]
    public async Task The_status_decides_which_way_the_check_says(int status, bool shouldFail, bool hasFailures)
    {
        var result = await PerformAsync(new { url = $"{service.Url}/{status}", shouldFail });

        ((bool)result["hasFailures"]!).ShouldBe(hasFailures);
        ((int)result["details"]!["api"]!["response"]!["status"]!).ShouldBe(status);
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 302)]
    public async Task Redirects_are_followed_as_the_check_says(bool followRedirects, int status)
    {
        var result = await PerformAsync(new { url = $"{service.Url}/redirect", followRedirects });

        ((int)result["details"]!["api"]!["response"]!["status"]!).ShouldBe(status);
    }

    [Theory]
    [InlineData("STATUS_CODE", "", "LESS_THAN", "201", true)]
    [InlineData("STATUS_CODE", "", "GREATER_THAN", "200", false)]
    [InlineData("STATUS_CODE", "", "NOT_EQUALS", "404", true)]
    [InlineData("RESPONSE_TIME", "", "LESS_THAN", "20000", true)]
    [InlineData("RESPONSE_TIME", "", "GREATER_THAN", "20000", false)]
    [InlineData("HEADERS", "Content-Type", "CONTAINS", "application/json", true)]
    [InlineData("HEADERS", "x-none", "IS_NULL", "", true)]
    [InlineData("HEADERS", "x-none", "EQUALS", "", false)]
    [InlineData("HEADERS", "", "HAS_KEY", "Content-Type", true)]
    [InlineData("TEXT_BODY", "", "CONTAINS", "Ledger", true)]
    [InlineData("TEXT_BODY", "", "NOT_CONTAINS", "Ledger", false)]
    [InlineData("TEXT_BODY", "\"name\":\"(.)", "EQUALS", "L", true)]
    [InlineData("TEXT_BODY", "absent (.)", "NOT_NULL", "", false)]
    [InlineData("JSON_BODY", "$.name", "EQUALS", "Ledger", true)]
    [InlineData("JSON_BODY", "$.name", "EQUALS", "ledger", false)]
    [InlineData("JSON_BODY", "name", "EQUALS", "Ledger", true)]
    [InlineData("JSON_BODY", "$['name']", "NOT_EMPTY", "", true)]
    [InlineData("JSON_BODY", "$.count", "EQUALS", "3.0", true)]
    [InlineData("JSON_BODY", "$.open", "EQUALS", "true", true)]
    [InlineData("JSON_BODY", "$.nothing", "IS_NULL", "", true)]
    [InlineData("JSON_BODY", "$.nothing", "NOT_NULL", "", false)]
    [InlineData("JSON_BODY", "$.missing", "EQUALS", "x", false)]
    [InlineData("JSON_BODY", "$.missing", "NOT_EQUALS", "x", true)]
    [InlineData("JSON_BODY", "$.missing", "GREATER_THAN", "0", false)]
    [InlineData("JSON_BODY", "$.empty", "IS_EMPTY", "", true)]
    [InlineData("JSON_BODY", "$", "HAS_KEY", "items", true)]
    [InlineData("JSON_BODY", "", "NOT_HAS_KEY", "items", false)]
    [InlineData("JSON_BODY", "$.items[0]", "HAS_VALUE", "a", true)]
    [InlineData("JSON_BODY", "$.items[-1].id", "EQUALS", "2", true)]
    [InlineData("JSON_BODY", "$.items[2]", "IS_NULL", "", true)]
    [InlineData("JSON_BODY", "$.items.length", "EQUALS", "2", true)]
    [InlineData("JSON_BODY", "$.items.[1].tag", "EQUALS", "b", true)]
    [InlineData("JSON_BODY", "$.items[*].tag", "CONTAINS", "b", true)]
    [InlineData("JSON_BODY", "$.items[*].id", "EQUALS", "[1,2]", true)]
    [InlineData("JSON_BODY", "$..tag", "NOT_HAS_VALUE", "c", true)]
    [InlineData("JSON_BODY", "$.items[0]", "EQUALS", """{ "tag": "a", "id": 1 }""", true)]
    public async Task An_assertion_holds_or_not(string source, string property, string comparison, string target, bool holds)
    {
        var result = await PerformAsync(new
        {
            url = $"{service.Url}/json",
            assertions = new[] { Assertion(source, comparison, target, property) },
        });

        ((bool)result["hasFailures"]!).ShouldBe(!holds, result.ToJsonString());
        (result["details"]!["api"]!["assertions"]![0]!["error"] is null).ShouldBe(holds);
    }

    [Fact]
    public async Task A_regular_expression_finds_the_part_of_a_header()
    {
        var result = await PerformAsync(new
        {
            url = $"{service.Url}/json",
            assertions = new[] { new { source = "HEADERS", property = "X-Limit", regex = "limit=([0-9]+)", comparison = "GREATER_THAN", target = 41 } },
        });

        ((bool)result["hasFailures"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_body_that_is_no_json_fails_what_looks_into_it()
    {
        var result = await PerformAsync(new
        {
            url = $"{service.Url}/200",
            assertions = new[] { Assertion("JSON_BODY", "IS_NULL", "", "$.a") },
        });

        ((string?)result["details"]!["api"]!["assertions"]![0]!["error"]).ShouldBe("the body is no JSON");
    }

    [Theory]
    [InlineData("$.half", "CONTAINS", "x", true)]
    [InlineData("$.half.length", "GREATER_THAN", "0", true)]
    [InlineData("$.whole", "EQUALS", "😀", false)]
    public async Task Half_a_character_fails_what_looks_at_it(string property, string comparison, string target, bool hasFailures)
    {
        var result = await PerformAsync(new
        {
            url = $"{service.Url}/half",
            assertions = new[] { Assertion("JSON_BODY", comparison, target, property) },
        });

        ((bool)result["hasFailures"]!).ShouldBe(hasFailures, result.ToJsonString());
    }

    [Theory]
    [InlineData("IPv4", false)]
    [InlineData("IPv6", true)]
    public async Task A_check_may_ask_for_a_family_of_addresses(string ipFamily, bool hasFailures)
    {
        var result = await PerformAsync(new { url = $"{service.Url}/200", ipFamily });

        ((bool)result["hasFailures"]!).ShouldBe(hasFailures);
    }

    [Theory]
    [InlineData("WEATHER", "EQUALS", "", null, "source is WEATHER")]
    [InlineData("STATUS_CODE", "RESEMBLES", "", null, "comparison is RESEMBLES")]
    [InlineData("JSON_BODY", "EQUALS", "$.items[?(@.id==1)]", null, "does not know the JSONPath")]
    [InlineData("TEXT_BODY", "EQUALS", "(", null, "regular expression that cannot be read")]
    [InlineData("TEXT_BODY", "EQUALS", "{{MISSING}}", null, "the variable MISSING, which the run does not set")]
    public async Task An_assertion_that_nobody_knows_is_an_error_and_nothing_is_asked(
        string source, string comparison, string property, string? regex, string message)
    {
        var result = await PerformAsync(new
        {
            url = $"{service.Url}/json",
            assertions = new[] { new { source, comparison, property, target = "x", regex } },
        });

        ((bool)result["hasErrors"]!).ShouldBeTrue();
        ((string)result["details"]!["message"]!).ShouldContain(message);
        service.Requests.ShouldBeEmpty();
    }

    public static TheoryData<object, string> UnusableRequests => new()
    {
        { new { }, "spec.apiRequest.url is missing" },
        { new { url = "ftp://example.com" }, "no http or https address" },
        { new { url = "http://127.0.0.1/", method = "BREW" }, "spec.apiRequest.method" },
        { new { url = "http://127.0.0.1/", bodyType = "STONE", body = "x" }, "bodyType is STONE" },
        { new { url = "http://127.0.0.1/", headers = new[] { Pair("X-A", "1\r\nX-B: 2") } }, "X-A, which cannot be sent" },
        { new { url = "http://127.0.0.1/", ipFamily = "IPX" }, "ipFamily is IPX" },
        { new { url = "http://127.0.0.1/", assertions = new[] { 1 } }, "spec.apiRequest.assertions" },
    };

    [Theory]
    [MemberData(nameof(UnusableRequests))]
    public async Task A_request_that_cannot_be_made_is_an_error_and_never_starts(object request, string message)
    {
        var result = await PerformAsync(request);

        ((bool)result["hasErrors"]!).ShouldBeTrue();
        ((string)result["details"]!["message"]!).ShouldContain(message);
    }

    [Fact]
    public async Task A_service_that_hangs_up_fails_the_check_and_is_asked_again_if_only_that_matters()
    {
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            apiRequest = new { url = $"{service.Url}/cut" },
            retryStrategy = new { type = "FIXED", maxRetries = 2, baseBackoffSeconds = 0, onlyOn = "NETWORK_ERROR" },
        }));

        var result = await runner.Ledger.FinalAsync(run);

        ((bool)result["hasFailures"]!).ShouldBeTrue();
        ((string)result["details"]!["message"]!).ShouldStartWith("the request failed");
        result["details"]!["api"]!["requestError"].ShouldNotBeNull();
        runner.Ledger.AttemptsOf(run).Count.ShouldBe(2);
        ((int)result["attempt"]!).ShouldBe(3);
    }

    [Fact]
    public async Task An_error_status_is_no_failure_of_the_network()
    {
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            apiRequest = new { url = $"{service.Url}/500" },
            retryStrategy = new { type = "FIXED", baseBackoffSeconds = 0, onlyOn = new[] { "NETWORK_ERROR" } },
        }));

        ((bool)(await runner.Ledger.FinalAsync(run))["hasFailures"]!).ShouldBeTrue();
        runner.Ledger.AttemptsOf(run).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_that_is_not_compressed_as_it_says_fails_the_check(string encoding)
    {
        var result = await PerformAsync(new { url = $"{service.Url}/{encoding}" });

        ((bool)result["hasFailures"]!).ShouldBeTrue();
        ((string)result["details"]!["message"]!).ShouldBe("the request failed: the body is not compressed as its header says");
    }

    [Fact]
    public async Task A_body_in_an_encoding_that_nobody_reads_any_more_is_read_as_utf_8()
    {
        var result = await PerformAsync(new
        {
            url = $"{service.Url}/utf-7",
            assertions = new[] { Assertion("TEXT_BODY", "EQUALS", "plain") },
        });

        ((bool)result["hasFailures"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_body_beyond_all_measure_is_not_read()
    {
        var result = await PerformAsync(new { url = $"{service.Url}/large" });

        ((string)result["details"]!["message"]!).ShouldContain("the body is larger than");
    }

    [Theory]
    [InlineData("graceful")]
    [InlineData("force")]
    public async Task A_cancel_ends_the_request_at_once(string mode)
    {
        var run = runner.Ledger.Enqueue(FakeRun.With(new { apiRequest = new { url = $"{service.Url}/endless" } }));
        await Eventually.ShouldAsync(() => !service.Requests.IsEmpty, "the request arrives");

        await runner.Ledger.SignalAsync(run, Guid.NewGuid(), mode);

        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;
        ((string?)abort["how"]).ShouldBe("graceful");
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        ((bool)(await runner.Ledger.FinalAsync(run))["isCancelled"]!).ShouldBeTrue();
        await service.SomebodyLeavesAsync();
    }

    [Fact]
    public async Task The_limit_of_the_run_ends_the_request()
    {
        var run = runner.Ledger.Enqueue(FakeRun.With(new { apiRequest = new { url = $"{service.Url}/endless" }, timeoutSeconds = 0.3 }));

        ((bool)(await runner.Ledger.FinalAsync(run))["details"]!["timedOut"]!).ShouldBeTrue();
        await service.SomebodyLeavesAsync();
    }

    [Fact]
    public async Task A_runner_that_shuts_down_ends_the_request()
    {
        var run = runner.Ledger.Enqueue(FakeRun.With(new { apiRequest = new { url = $"{service.Url}/endless" } }));
        await Eventually.ShouldAsync(() => !service.Requests.IsEmpty, "the request arrives");

        runner.Stop();

        (await runner.Ended.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(ExitCodes.Clean);
        ((bool)(await runner.Ledger.FinalAsync(run))["isCancelled"]!).ShouldBeTrue();
    }

    private async Task<JsonNode> PerformAsync(object apiRequest, Dictionary<string, string>? environment = null) =>
        await runner.Ledger.FinalAsync(runner.Ledger.Enqueue(FakeRun.With(new { apiRequest, environment })));

    private static object Assertion(string source, string comparison, string target, string property = "") =>
        new { source, property, comparison, target, regex = (string?)null };

    private static object Pair(string key, string value) => new { key, value };
}
