using System.Net;

namespace Ledger.Http.Tests.Dialects.Checkly.Published;

/// <summary>
/// Walks through every documented answer of check results and check statuses once. That they fit the published description is checked on the
/// way (<see cref="PublishedAnswers"/>); here, that none was left out.
/// </summary>
public sealed class PublishedReadsTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [PublishedFact]
    public async Task Every_documented_status_is_answered_as_described()
    {
        var (check, session, runs) = await ledger.StartNewCheckAsync("l1", "l2", "l3", "l4");
        await ledger.Runner.AttemptAsync(session, runs[0]);
        await ledger.Runner.PassAsync(session, runs[0]);
        await ledger.Runner.FailAsync(session, runs[1]);
        await ledger.Runner.LoseAsync(session, runs[2]);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        await ledger.Runner.AbortAsync(session, runs[3]);
        var results = (await ledger.GetAsync($"/v1/check-results/{check}?resultType=ALL")).Json.EnumerateArray().ToList();
        results.Count.ShouldBe(5);
        string[] reads =
        [
            $"/v1/check-results/{check}", $"/v2/check-results/{check}", $"/v1/check-results/{check}/{results[0].Id("id")}",
            "/v1/check-statuses", $"/v1/check-statuses/{check}",
        ];
        var commander = await ledger.KeyWithAsync("command");
        foreach (var path in reads)
        {
            (await ledger.GetAsync(path)).Status.ShouldBe(HttpStatusCode.OK);
            (await ledger.GetAsync(path, key: "")).ShouldBeUnauthorized();
            (await ledger.GetAsync(path, commander)).ShouldBeForbidden();
        }

        foreach (var result in results)
        {
            (await ledger.GetAsync($"/v1/check-results/{check}/{result.Id("id")}")).Status.ShouldBe(HttpStatusCode.OK);
        }

        (await ledger.GetAsync($"/v2/check-results/{check}?resultType=ALL")).Json.List("entries").Count.ShouldBe(5);
        (await ledger.GetAsync($"/v2/check-results/{check}?fields=id,createdAt,responseTime")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var path in (string[])["/v1/check-results/x", "/v2/check-results/x", $"/v1/check-results/{check}/x", "/v1/check-statuses/x"])
        {
            (await ledger.GetAsync(path)).Status.ShouldBe(HttpStatusCode.BadRequest);
        }

        (await ledger.GetAsync($"/v1/check-results/{check}/{Guid.NewGuid()}")).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync($"/v1/check-statuses/{Guid.NewGuid()}")).ShouldBeNotFound("Not Found");

        var seen = ledger.Checked.Select(answer => (Template(answer.Path), answer.Status)).ToHashSet();
        PublishedDescription.Instance!.Documented
            .Select(answer => (Path: Template(answer.Path), answer.Status))
            .Where(answer => answer.Path.Contains("/check-results/", StringComparison.Ordinal) || answer.Path.Contains("/check-statuses", StringComparison.Ordinal))
            .Where(answer => !IsNeverSent(answer.Path, answer.Status) && !seen.Contains(answer))
            .ShouldBeEmpty();
    }

    /// <summary>
    /// 402 is never sent (docs/dialects/checkly.md#errors), 429 is in <see cref="RateLimitTests"/>, and a list of statuses that has none is
    /// empty, not 404.
    /// </summary>
    private static bool IsNeverSent(string path, int status) =>
        status is 402 or 429 || (status is 404 && path.EndsWith("/check-statuses", StringComparison.Ordinal));

    private static string Template(string path) => string.Join(
        '/', path.Split('/').Select(part => part.StartsWith('{') || part == "x" || Guid.TryParse(part, out _) ? "{}" : part));
}
