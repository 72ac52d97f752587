using System.Net;
using System.Text.Json.Nodes;

namespace Ledger.Http.Tests.Dialects.Checkly.Scheduling;

/// <summary><c>checkly deploy</c> and <c>checkly destroy</c> (docs/dialects/checkly-cli.md#deploy).</summary>
public sealed class DeployTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private readonly string project = $"shop-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_deployed_project_is_registered_with_what_its_group_says_and_its_checks_can_be_started()
    {
        var bundle = await ledger.UploadAsync();
        var answer = await DeployAsync(
            Resource("check-group", "g", """{"name":"G","tags":["gt"],"locations":["eu-west-1"],"environmentVariables":[{"key":"GV","value":"g"}],"v":2}"""),
            Resource("check", "api", ApiOf("\"tags\":[\"t\"],\"groupId\":{\"ref\":\"g\"},\"retryStrategy\":{\"type\":\"LINEAR\",\"maxRetries\":1,\"onlyOn\":\"NETWORK_ERROR\"}")),
            Resource("check", "pw", PlaywrightOf(bundle)),
            Resource("check", "tcp", """{"name":"Tcp","checkType":"TCP","locations":["l"],"groupId":null,"request":{"hostname":"h","port":1}}"""));

        answer.Status.ShouldBe(HttpStatusCode.Accepted, answer.Body);
        answer["status"].GetString().ShouldBe("SUCCEEDED");
        Actions(answer).ShouldBe(["g CREATE", "api CREATE", "pw CREATE", "tcp CREATE"]);
        var api = await CheckAsync(IdOf(answer, "api"));
        api["name"].GetString().ShouldBe("Home");
        api.Json.List("tags").Select(tag => tag.GetString()).ShouldBe(["t", "gt"]);
        api.Json.List("locations").Select(location => location.GetString()).ShouldBe(["eu-west-1"]);
        api["spec/apiRequest/url"].GetString().ShouldBe("https://example.com");
        api["spec/environment/GV"].GetString().ShouldBe("g");
        api["spec/retryStrategy/onlyOn/0"].GetString().ShouldBe("NETWORK_ERROR");
        var suite = await CheckAsync(IdOf(answer, "pw"));
        suite["spec/bundle/key"].GetGuid().ShouldBe(bundle);
        suite["spec/environment/BASE"].GetString().ShouldBe("***", "it is locked");
        (await CheckAsync(IdOf(answer, "tcp")))["spec/unsupported"].GetString()!.ShouldContain("TCP");
        (await ledger.GetAsync($"/ledger/groups/{IdOf(answer, "g")}"))["checkIds/0"].GetGuid().ShouldBe(IdOf(answer, "api"));

        var session = await ledger.Runner.ReadAsync(await ledger.TriggerCheckAsync(IdOf(answer, "pw")));
        session.Runs.ShouldHaveSingleItem().Plan.Location.ShouldBe("eu-central-1");
        session.Runs[0].Plan.Spec!.Value.Text("bundle/key").ShouldBe(bundle.ToString());
    }

    [Fact]
    public async Task A_repeated_deploy_updates_and_removes_what_is_gone_and_a_preview_does_neither()
    {
        var first = await DeployAsync(Resource("check", "a", ApiOf()), Resource("check", "b", ApiOf()), Resource("check", "c", ApiOf()));
        ProjectResource[] rest = [Resource("check", "a", ApiOf("\"activated\":false"))];

        var preview = await DeployAsync("dryRun=true", rest);
        preview.Status.ShouldBe(HttpStatusCode.OK, preview.Body);
        Actions(preview, "").ShouldBe(["a UPDATE", "b DELETE", "c DELETE"]);
        (await CheckAsync(IdOf(first, "a")))["activated"].GetBoolean().ShouldBeTrue("nothing has happened");

        var kept = await DeployAsync("preserveResources=true", [.. rest, Resource("check", "c", ApiOf())]);
        Actions(kept).ShouldBe(["a UPDATE", "c UPDATE", "b DETACHED"]);
        (await CheckAsync(IdOf(first, "b"))).Status.ShouldBe(HttpStatusCode.OK);

        var second = await DeployAsync("dryRun=false", rest);
        Actions(second).ShouldBe(["a UPDATE", "c DELETE"]);
        IdOf(second, "a").ShouldBe(IdOf(first, "a"));
        (await CheckAsync(IdOf(first, "a")))["activated"].GetBoolean().ShouldBeFalse();
        (await CheckAsync(IdOf(first, "c"))).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_end_of_a_deployment_can_be_followed_and_a_destroyed_project_is_gone()
    {
        var deployed = await DeployAsync(Resource("check", "a", ApiOf()));
        var path = $"/v1/projects/{project}/deployments/{deployed["id"].GetGuid()}";

        var events = await ledger.Running.Client.GetAsync($"{path}/events");
        events.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var frame = (await events.Content.ReadAsStringAsync()).Split('\n');
        frame[0].ShouldBe("event: complete");
        JsonNode.Parse(frame[1]["data: ".Length..])!["status"]!.GetValue<string>().ShouldBe("SUCCEEDED");
        frame[2..].ShouldBe(["", ""]);
        (await ledger.GetAsync($"{path}/completion"))["result/diff/0/logicalId"].GetString().ShouldBe("a");
        (await ledger.GetAsync($"/next/projects/{project}"))["name"].GetString().ShouldBe("Shop");
        (await ledger.GetAsync("/next/projects")).Json.EnumerateArray().Select(listed => listed.Text("logicalId")).ShouldContain(project);

        var destroyed = await ledger.SendAsync(HttpMethod.Delete, $"/v1/projects/{project}?preserveResources=false&dryRun=false");
        destroyed.Status.ShouldBe(HttpStatusCode.Accepted, destroyed.Body);
        Actions(destroyed).ShouldBe(["a DELETE"]);
        (await CheckAsync(IdOf(deployed, "a"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.GetAsync($"/next/projects/{project}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.GetAsync("/next/projects")).Json.EnumerateArray().Select(listed => listed.Text("logicalId")).ShouldNotContain(project);
        var again = await ledger.SendAsync(HttpMethod.Delete, $"/v1/projects/{project}");
        again.Status.ShouldBe(HttpStatusCode.OK, again.Body);
        again.Json.TryGetProperty("status", out _).ShouldBeFalse("there is nothing to follow");
    }

    [Fact]
    public async Task What_the_ledger_cannot_hold_is_refused_by_name_and_nothing_is_stored()
    {
        var answer = await DeployAsync(
            Resource("check", "home", ApiOf()),
            Resource("check", "beat", """{"name":"Beat","checkType":"HEARTBEAT"}"""),
            Resource("check", "browser", """{"name":"Browser","checkType":"BROWSER","locations":["l"]}"""),
            Resource("alert-channel", "ops", """{"type":"EMAIL"}"""),
            Resource("alert-channel-subscription", "sub", """{"alertChannelId":{"ref":"ops"}}"""),
            Resource("dashboard", "board", "{}"));

        answer.ShouldBeError(
            HttpStatusCode.BadRequest,
            "Bad Request",
            "The ledger cannot hold the HEARTBEAT check 'beat', the BROWSER check 'browser', the alert-channel 'ops', the dashboard 'board': it "
            + "holds check groups, private locations and checks, but none of the types BROWSER, MULTI_STEP, HEARTBEAT. Nothing was deployed.");
        (await ledger.GetAsync($"/next/projects/{project}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"name":"A","checkType":"API","request":{"url":"https://x","method":"GET"}}""", "names no location")]
    [InlineData("""{"name":"A","checkType":"API","locations":["l"],"groupId":{"ref":"no"},"request":{"url":"https://x","method":"GET"}}""", "not in the project")]
    [InlineData("""{"name":"A","checkType":"API","locations":["l"]}""", "request")]
    [InlineData("""{"name":"A","checkType":"SAILING","locations":["l"]}""", "checkType")]
    [InlineData("null", "check 'a'")]
    [InlineData("[]", "check 'a'")]
    [InlineData("""{"name":"A","checkType":"PLAYWRIGHT","locations":["l"],"testCommand":"x","codeBundlePath":"3b9d0f7a-1c2e-4d5f-8a6b-7c8d9e0f1a2b"}""", "no code bundle")]
    public async Task A_check_that_cannot_be_is_refused_and_nothing_is_stored(string payload, string message)
    {
        var answer = await DeployAsync(Resource("check", "b", ApiOf()), Resource("check", "a", payload));

        answer.ShouldBeBadRequestNaming(message);
        (await ledger.GetAsync($"/next/projects/{project}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Private_locations_of_the_project_and_of_the_account_are_where_checks_run()
    {
        await ledger.RegisterAsync(locations: ["cellar"]);
        var cellar = (await ledger.GetAsync("/v1/private-locations")).Json.EnumerateArray().Single(location => location.Text("slugName") == "cellar");
        var answer = await DeployAsync(
            Resource("check-group", "g", """{"name":"G"}"""),
            Resource("check", "a", """{"name":"A","checkType":"TCP","request":{"hostname":"h","port":1}}"""),
            Resource("check", "b", """{"name":"B","checkType":"TCP","groupId":{"ref":"g"},"request":{"hostname":"h","port":1}}"""),
            Resource("private-location", "attic", """{"name":"Attic","slugName":"the-attic"}"""),
            new ProjectResource("private-location", "ref", "null", cellar.Text("id")),
            Resource("private-location-check-assignment", "x", """{"privateLocationId":{"ref":"attic"},"checkId":{"ref":"a"}}"""),
            Resource("private-location-group-assignment", "y", """{"privateLocationId":{"ref":"ref"},"groupId":{"ref":"g"}}"""));

        answer.Status.ShouldBe(HttpStatusCode.Accepted, answer.Body);
        (await CheckAsync(IdOf(answer, "a")))["locations/0"].GetString().ShouldBe("the-attic");
        (await CheckAsync(IdOf(answer, "b")))["locations/0"].GetString().ShouldBe("cellar");
    }

    [Fact]
    public async Task A_key_of_another_project_or_without_the_scope_deploys_nothing_and_earlier_clients_are_answered_at_once()
    {
        (await DeployAsync("", [Resource("check", "a", ApiOf())], await ledger.KeyOfProjectAsync("another"))).ShouldBeForbidden();
        (await DeployAsync("", [Resource("check", "a", ApiOf())], await ledger.KeyWithAsync("read"))).ShouldBeForbidden();

        var answer = await ledger.PostAsync("/next/projects/deploy", Body([Resource("check", "a", ApiOf())]), await ledger.KeyOfProjectAsync(project));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        Actions(answer, "").ShouldBe(["a CREATE"]);
    }

    [Fact]
    public async Task Deployments_at_once_leave_the_project_as_one_of_them_says()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => DeployAsync(Resource("check", $"c{n}", ApiOf()))));

        answers.ShouldContain(answer => answer.Status == HttpStatusCode.Accepted);
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Accepted || answer.Status == HttpStatusCode.Conflict);
        var ids = answers.Where(answer => answer.Status == HttpStatusCode.Accepted)
            .Select(answer => answer.Json.List("result/diff").Single(change => change.Text("action") != "DELETE").Id("physicalId"));
        var left = 0;
        foreach (var id in ids)
        {
            left += (await CheckAsync(id)).Status == HttpStatusCode.OK ? 1 : 0;
        }

        left.ShouldBe(1);
    }

    [Fact]
    public async Task A_registered_check_can_be_removed()
    {
        var check = await ledger.RegisterAsync();

        (await ledger.SendAsync(HttpMethod.Delete, $"/v1/checks/{check}")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await ledger.SendAsync(HttpMethod.Delete, $"/v1/checks/{check}")).ShouldBeNotFound("Not Found");
        (await CheckAsync(check)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    private static ProjectResource Resource(string type, string logicalId, string payload) => new(type, logicalId, payload, null);

    private static string ApiOf(string more = "\"muted\":false") =>
        $$$"""{"name":"Home","checkType":"API",{{{(more.Contains("groupId", StringComparison.Ordinal) ? "" : "\"locations\":[\"eu-central-1\"],")}}}{{{more}}},"request":{"url":"https://example.com","method":"GET"}}""";

    private static string PlaywrightOf(Guid bundle) => CommandLine.PlaywrightJob(bundle).Without("testRetryStrategy").Without("sourceInfo").ToJsonString();

    private static IEnumerable<string> Actions(Answer answer, string result = "result/") =>
        answer.Json.List($"{result}diff").Select(change => $"{change.Text("logicalId")} {change.Text("action")}");

    private static Guid IdOf(Answer answer, string logicalId) =>
        answer.Json.List("result/diff").Single(change => change.Text("logicalId") == logicalId).Id("physicalId");

    private Task<Answer> DeployAsync(params ProjectResource[] resources) =>
        DeployAsync("dryRun=false&scheduleOnDeploy=true", resources);

    private Task<Answer> DeployAsync(string query, ProjectResource[] resources, string? key = null) =>
        ledger.PostAsync($"/v1/projects/deploy?{query}", Body(resources), key);

    private string Body(IEnumerable<ProjectResource> resources) => new JsonObject
    {
        ["project"] = new JsonObject { ["logicalId"] = project, ["name"] = "Shop" },
        ["sharedFiles"] = new JsonArray(),
        ["repoInfo"] = null,
        ["resources"] = new JsonArray([.. resources.Select(resource => new JsonObject
        {
            ["type"] = resource.Type,
            ["logicalId"] = resource.LogicalId,
            ["physicalId"] = resource.PhysicalId,
            ["member"] = resource.PhysicalId is null,
            ["payload"] = JsonNode.Parse(resource.Payload),
        })]),
    }.ToJsonString();

    private Task<Answer> CheckAsync(Guid id) => ledger.GetAsync($"/ledger/checks/{id}");

    /// <summary>A resource as the command line sends it; one with an id is only referred to.</summary>
    private sealed record ProjectResource(string Type, string LogicalId, string Payload, string? PhysicalId);
}
