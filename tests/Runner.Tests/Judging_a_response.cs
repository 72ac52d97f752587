namespace Ledger.Runner.Tests;

public sealed class Judging_a_response : ApiCheckTest
{
    [Theory]
    [InlineData(399, false, false)]
    [InlineData(400, false, true)]
    [InlineData(503, false, true)]
    [InlineData(404, true, false)]
    [InlineData(200, true, true)]
    public async Task The_status_decides_which_way_the_check_says(int status, bool shouldFail, bool hasFailures)
    {
        var result = await PerformAsync(new { url = $"{Site.Url}/{status}", shouldFail });

        ((bool)result["hasFailures"]!).ShouldBe(hasFailures);
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
            url = $"{Site.Url}/json",
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
            url = $"{Site.Url}/json",
            assertions = new[] { new { source = "HEADERS", property = "X-Limit", regex = "limit=([0-9]+)", comparison = "GREATER_THAN", target = 41 } },
        });

        ((bool)result["hasFailures"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_body_that_is_no_json_fails_what_looks_into_it()
    {
        var result = await PerformAsync(new
        {
            url = $"{Site.Url}/200",
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
            url = $"{Site.Url}/half",
            assertions = new[] { Assertion("JSON_BODY", comparison, target, property) },
        });

        ((bool)result["hasFailures"]!).ShouldBe(hasFailures, result.ToJsonString());
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
            url = $"{Site.Url}/json",
            assertions = new[] { new { source, comparison, property, target = "x", regex } },
        });

        ((bool)result["hasErrors"]!).ShouldBeTrue();
        ((string)result["details"]!["message"]!).ShouldContain(message);
        Site.Requests.ShouldBeEmpty();
    }
}
