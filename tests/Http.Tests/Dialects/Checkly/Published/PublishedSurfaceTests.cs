using System.Net;

namespace Ledger.Http.Tests.Dialects.Checkly.Published;

/// <summary>
/// Walks through every documented answer of every endpoint of check and test sessions once. That they fit the published description is
/// checked on the way (<see cref="PublishedAnswers"/>); here, that none was left out.
/// </summary>
public sealed class PublishedSurfaceTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    /// <summary>
    /// 402 is never sent (docs/dialects/checkly.md#errors); 429 is in <see cref="RateLimitTests"/>, on a ledger with a small limit.
    /// </summary>
    private static readonly int[] NeverHere = [402, 429];

    [PublishedFact]
    public async Task Every_documented_status_of_every_endpoint_is_answered_as_described()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        var test = await ledger.TriggerTestAsync(check);
        var testSession = test["testSessionId"].GetGuid();
        var result = test["results/0/testSessionResultId"].GetGuid();
        string[] reads =
        [
            $"/v1/check-sessions/{session}", $"/v2/check-sessions/{session}", $"/v1/check-sessions/{session}/completion",
            $"/v2/check-sessions/{session}/completion", "/v1/test-sessions", $"/v1/test-sessions/{testSession}",
            $"/v1/test-sessions/{testSession}/completion", $"/v1/test-sessions/{testSession}/results/{result}",
        ];
        string[] commands =
        [
            "/v1/check-sessions/trigger", "/v2/check-sessions/trigger", "/v1/test-sessions/trigger", $"/v1/check-sessions/{session}/cancel",
            $"/v1/test-sessions/{testSession}/cancel",
        ];

        await RefuseAsync(reads, commands);
        await MissAsync();
        foreach (var path in reads.Where(path => path.EndsWith("/completion", StringComparison.Ordinal)))
        {
            (await ledger.GetAsync($"{path}?maxWaitSeconds=1")).Status.ShouldBe(HttpStatusCode.RequestTimeout);
        }

        await ledger.PostAsync("/v1/check-sessions/trigger", $$$"""{"target":{"checkId":"{{{check}}}"}}""");
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        await ledger.PostAsync($"/v1/test-sessions/{testSession}/cancel");
        foreach (var path in reads)
        {
            (await ledger.GetAsync(path)).Status.ShouldBe(HttpStatusCode.OK);
        }

        var seen = ledger.Checked.Select(answer => $"{answer.Method} {Template(answer.Path)} {answer.Status}").ToHashSet();
        PublishedDescription.Instance!.Documented
            .Where(answer => answer.Path.Contains("-sessions", StringComparison.Ordinal) && !NeverHere.Contains(answer.Status))
            .Select(answer => $"{answer.Method} {Template(answer.Path)} {answer.Status}")
            .Where(answer => !seen.Contains(answer))
            .ShouldBeEmpty();
    }

    private async Task RefuseAsync(string[] reads, string[] commands)
    {
        var (commander, reader) = (await ledger.KeyWithAsync("command"), await ledger.KeyWithAsync("read"));
        foreach (var path in reads)
        {
            (await ledger.GetAsync(path, key: "")).Status.ShouldBe(HttpStatusCode.Unauthorized);
            (await ledger.GetAsync(path, commander)).Status.ShouldBe(HttpStatusCode.Forbidden);
        }

        foreach (var path in commands)
        {
            (await ledger.PostAsync(path, key: "")).Status.ShouldBe(HttpStatusCode.Unauthorized);
            (await ledger.PostAsync(path, key: reader)).Status.ShouldBe(HttpStatusCode.Forbidden);
            (await ledger.PostAsync(path, "{")).Status.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    private async Task MissAsync()
    {
        var unknown = Guid.NewGuid();
        foreach (var prefix in (string[])["/v1/check-sessions", "/v2/check-sessions", "/v1/test-sessions"])
        {
            (await ledger.GetAsync($"{prefix}/{unknown}")).Status.ShouldBe(HttpStatusCode.NotFound);
            (await ledger.GetAsync($"{prefix}/{unknown}/completion")).Status.ShouldBe(HttpStatusCode.NotFound);
            (await ledger.GetAsync($"{prefix}/x")).Status.ShouldBe(HttpStatusCode.BadRequest);
            (await ledger.GetAsync($"{prefix}/{unknown}/completion?maxWaitSeconds=0")).Status.ShouldBe(HttpStatusCode.BadRequest);
            var nothing = await ledger.PostAsync(
                $"{prefix}/trigger", $$$"""{"name":"x","runLocation":"y","target":{"checkId":"{{{unknown}}}"}}""");
            nothing.Status.ShouldBe(HttpStatusCode.NotFound);
        }

        (await ledger.PostAsync($"/v1/check-sessions/{unknown}/cancel")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.PostAsync($"/v1/test-sessions/{unknown}/cancel")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.GetAsync($"/v1/test-sessions/{unknown}/results/{unknown}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.GetAsync($"/v1/test-sessions/{unknown}/results/x")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.GetAsync("/v1/test-sessions?limit=x")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>A path with its ids left out, whatever they are called.</summary>
    private static string Template(string path) => string.Join(
        '/', path.Split('/').Select(part => part.StartsWith('{') || part == "x" || Guid.TryParse(part, out _) ? "{}" : part));
}
