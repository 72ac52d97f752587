using System.Text;
using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

public sealed class Making_a_request : ApiCheckTest
{
    [Fact]
    public async Task A_request_passes_and_says_what_it_found()
    {
        var result = await PerformAsync(new
        {
            url = $"{Site.Url}/json",
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
                url = $"{Site.Url}/200?a=1",
                headers = new[] { Pair("X-One", "{{TOKEN}}"), Pair("Content-Type", "application/vnd.test+json") },
                queryParameters = new[] { Pair("b c", "2&{{{TOKEN}}}") },
                body = """{"deep":{"token":"{{ TOKEN }}"}}""",
                bodyType = "JSON",
                basicAuth = new { username = "me", password = "{{TOKEN}}" },
            },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["TOKEN"] = "s3cret" });

        var arrived = Site.Requests.ShouldHaveSingleItem();
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
        await PerformAsync(new { method = "PUT", url = $"{Site.Url}/200", bodyType, body });

        var arrived = Site.Requests.ShouldHaveSingleItem();
        arrived.Headers["content-type"].ShouldBe(contentType);
        arrived.Body.ShouldBe(sent);
    }

    [Fact]
    public async Task The_values_of_variables_stay_out_of_the_result()
    {
        var result = await PerformAsync(
            new { url = $"{Site.Url}/404?token={{{{TOKEN}}}}", assertions = new[] { Assertion("TEXT_BODY", "CONTAINS", "{{TOKEN}}") } },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["TOKEN"] = "s3cret" });

        Site.Requests.ShouldHaveSingleItem().PathAndQuery.ShouldEndWith("token=s3cret");
        result.ToJsonString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 302)]
    public async Task Redirects_are_followed_as_the_check_says(bool followRedirects, int status)
    {
        var result = await PerformAsync(new { url = $"{Site.Url}/redirect", followRedirects });

        ((int)result["details"]!["api"]!["response"]!["status"]!).ShouldBe(status);
    }

    [Theory]
    [InlineData("IPv4", false)]
    [InlineData("IPv6", true)]
    public async Task A_check_may_ask_for_a_family_of_addresses(string ipFamily, bool hasFailures)
    {
        var result = await PerformAsync(new { url = $"{Site.Url}/200", ipFamily });

        ((bool)result["hasFailures"]!).ShouldBe(hasFailures);
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
        var run = Runner.Ledger.Enqueue(FakeRun.With(new
        {
            apiRequest = new { url = $"{Site.Url}/cut" },
            retryStrategy = new { type = "FIXED", maxRetries = 2, baseBackoffSeconds = 0, onlyOn = "NETWORK_ERROR" },
        }));

        var result = await Runner.Ledger.FinalAsync(run);

        ((bool)result["hasFailures"]!).ShouldBeTrue();
        ((string)result["details"]!["message"]!).ShouldStartWith("the request failed");
        result["details"]!["api"]!["requestError"].ShouldNotBeNull();
        Runner.Ledger.AttemptsOf(run).Count.ShouldBe(2);
        ((int)result["attempt"]!).ShouldBe(3);
    }

    [Fact]
    public async Task An_error_status_is_no_failure_of_the_network()
    {
        var run = Runner.Ledger.Enqueue(FakeRun.With(new
        {
            apiRequest = new { url = $"{Site.Url}/500" },
            retryStrategy = new { type = "FIXED", baseBackoffSeconds = 0, onlyOn = new[] { "NETWORK_ERROR" } },
        }));

        ((bool)(await Runner.Ledger.FinalAsync(run))["hasFailures"]!).ShouldBeTrue();
        Runner.Ledger.AttemptsOf(run).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_that_is_not_compressed_as_it_says_fails_the_check(string encoding)
    {
        var result = await PerformAsync(new { url = $"{Site.Url}/{encoding}" });

        ((bool)result["hasFailures"]!).ShouldBeTrue();
        ((string)result["details"]!["message"]!).ShouldBe("the request failed: the body is not compressed as its header says");
    }

    [Fact]
    public async Task A_body_in_an_encoding_that_nobody_reads_any_more_is_read_as_utf_8()
    {
        var result = await PerformAsync(new
        {
            url = $"{Site.Url}/utf-7",
            assertions = new[] { Assertion("TEXT_BODY", "EQUALS", "plain") },
        });

        ((bool)result["hasFailures"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_body_beyond_all_measure_is_not_read()
    {
        var result = await PerformAsync(new { url = $"{Site.Url}/large" });

        ((string)result["details"]!["message"]!).ShouldContain("the body is larger than");
    }

    [Theory]
    [InlineData("graceful")]
    [InlineData("force")]
    public async Task A_cancel_ends_the_request_at_once(string mode)
    {
        var run = Runner.Ledger.Enqueue(FakeRun.With(new { apiRequest = new { url = $"{Site.Url}/endless" } }));
        await Eventually.ShouldAsync(() => !Site.Requests.IsEmpty, "the request arrives");

        await Runner.Ledger.SignalAsync(run, Guid.NewGuid(), mode);

        var abort = (await Runner.Ledger.HearsAsync(run, "abort")).Body!;
        ((string?)abort["how"]).ShouldBe("graceful");
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        ((long)abort["durationMs"]!).ShouldBeLessThan(20_000); // The request would end by itself after 30 s.
        ((bool)(await Runner.Ledger.FinalAsync(run))["isCancelled"]!).ShouldBeTrue();
        await Site.SomebodyLeavesAsync();
    }

    [Fact]
    public async Task The_limit_of_the_run_ends_the_request()
    {
        var run = Runner.Ledger.Enqueue(FakeRun.With(new { apiRequest = new { url = $"{Site.Url}/endless" }, timeoutSeconds = 2 }));

        var final = await Runner.Ledger.FinalAsync(run);
        ((bool)final["details"]!["timedOut"]!).ShouldBeTrue();
        ((long)final["responseTime"]!).ShouldBeLessThan(20_000); // The request would end by itself after 30 s.
        await Site.SomebodyLeavesAsync();
    }

    [Fact]
    public async Task A_runner_that_shuts_down_ends_the_request()
    {
        var run = Runner.Ledger.Enqueue(FakeRun.With(new { apiRequest = new { url = $"{Site.Url}/endless" } }));
        await Eventually.ShouldAsync(() => !Site.Requests.IsEmpty, "the request arrives");

        Runner.Stop();

        (await Runner.Ended.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(ExitCodes.Clean);
        ((bool)(await Runner.Ledger.FinalAsync(run))["isCancelled"]!).ShouldBeTrue();
    }
}
