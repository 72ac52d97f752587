using System.Net;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Checks;

public sealed class CheckTests(LedgerOfClass host) : IClassFixture<LedgerOfClass>
{
    private HttpClient Client => host.Ledger.Client;

    [Fact]
    public async Task A_check_is_created_then_changed_and_read_back()
    {
        var path = $"/ledger/checks/{Guid.NewGuid()}";

        var created = await PutAsync(path, """
            {"name": "Checkout", "checkType": "PLAYWRIGHT", "tags": ["a", "a", "b"], "locations": ["eu"], "spec": {"command": ["true"]}}
            """);
        var changed = await PutAsync(path, """{"name": "Checkout 2", "checkType": "API", "tags": [], "locations": ["us"], "activated": false}""");

        created.Status.ShouldBe(HttpStatusCode.Created);
        created.Body.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()).ShouldBe(["a", "b"]);
        changed.Status.ShouldBe(HttpStatusCode.OK);
        var read = (await Client.ReadAsync(path)).Body;
        read.GetProperty("name").GetString().ShouldBe("Checkout 2");
        read.GetProperty("activated").GetBoolean().ShouldBeFalse();
        read.GetProperty("createdAt").GetString().ShouldBe(created.Body.GetProperty("createdAt").GetString());
    }

    [Fact]
    public async Task Of_those_who_register_one_check_at_once_one_creates_it()
    {
        var path = $"/ledger/checks/{Guid.NewGuid()}";

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(nth => PutAsync(
            path, $$"""{"name": "Check {{nth}}", "checkType": "API", "tags": [], "locations": ["eu"]}""")));

        answers.Count(answer => answer.Status is HttpStatusCode.Created).ShouldBe(1);
        answers.Count(answer => answer.Status is HttpStatusCode.OK).ShouldBe(7);
    }

    [Fact]
    public async Task A_check_of_another_account_is_unknown()
    {
        await using var other = await RunningLedger.StartAsync(host.ConnectionString);
        var path = $"/ledger/checks/{Guid.NewGuid()}";
        await PutAsync(path, """{"name": "Mine", "checkType": "API", "tags": [], "locations": ["eu"]}""");

        (await other.Client.ReadAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.Client.ReadAsync("/ledger/checks")).Body.GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"name": "x", "checkType": "NOVEL", "tags": [], "locations": ["eu"]}""")]
    [InlineData("""{"name": "x", "checkType": "API", "tags": [""], "locations": ["eu"]}""")]
    [InlineData("""{"name": "x", "checkType": "API", "tags": [], "locations": []}""")]
    [InlineData("""{"name": "x", "checkType": "API", "tags": [], "locations": ["eu"], "maxResponseTime": 0}""")]
    [InlineData("""{"name": "x", "checkType": "API", "tags": [], "locations": ["eu"], "spec": {"timeoutSeconds": 0}}""")]
    [InlineData("""{"name": "x", "checkType": "API", "tags": [], "locations": ["eu"], "spec": {"n": 1e999999}}""")]
    [InlineData("""{"name": "\u0000", "checkType": "API", "tags": [], "locations": ["eu"]}""")]
    [InlineData("""{"name": "\ud800", "checkType": "API", "tags": [], "locations": ["eu"]}""")]
    [InlineData("""{"name": "x", "name": "y", "checkType": "API", "tags": [], "locations": ["eu"]}""")]
    [InlineData("""{"name": "x", "checkType": "API", "tags": null, "locations": ["eu"]}""")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("null")]
    public async Task A_check_that_makes_no_sense_is_refused_and_not_kept(string body)
    {
        var path = $"/ledger/checks/{Guid.NewGuid()}";

        var refused = await PutAsync(path, body);

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.MediaType.ShouldBe("application/problem+json");
        (await Client.ReadAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    private Task<Answer> PutAsync(string path, string body) => Client.CallAsync(HttpMethod.Put, path, new StringContent(body));
}
