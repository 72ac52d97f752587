using System.Net;
using System.Net.Http.Headers;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Dialects.Published;
using Ledger.Http.Tests.Dialects.TesterArmy.Published;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>
/// Walks through every documented answer of every endpoint under both mounts. That they fit the published description is checked on the
/// way (<see cref="VendorAnswers"/>); here, that none was left out.
/// </summary>
public sealed class PublishedSurfaceTests(TesterArmyLedger ledger) : IClassFixture<TesterArmyLedger>
{
    [PublishedFact]
    public async Task Every_documented_status_of_every_endpoint_is_answered_as_described()
    {
        var seen = new HashSet<string>();
        var failed = await FailAsync();
        foreach (var mount in TesterArmyMounts)
        {
            var surface = await SurfaceAsync(ledger, mount);
            await SucceedAsync(mount);
            await RefuseAsync(surface);
            await MissAsync(mount);
            seen.UnionWith((await LimitAsync(surface)).Concat(ledger.Checked).Concat(failed).Select(answer => Name(mount, answer)).OfType<string>());
        }

        TesterArmyDescription.Instance!.Documented
            .SelectMany(answer => TesterArmyMounts.Select(mount =>
                $"{answer.Method} {Template(mount + answer.Path["/v1".Length..])} {answer.Status}"))
            .Where(answer => !seen.Contains(answer))
            .ShouldBeEmpty();
    }

    private static string[] TesterArmyMounts { get; } = ["/v1", "/api/v1"];

    private static async Task<IReadOnlyList<(HttpMethod Method, string Path)>> SurfaceAsync(TesterArmyLedger of, string mount)
    {
        var (batch, runs) = await of.TriggerBatchAsync(1);
        return
        [
            (HttpMethod.Get, $"{mount}/runs"),
            (HttpMethod.Get, $"{mount}/runs/{runs[0]}"),
            (HttpMethod.Post, $"{mount}/runs/{runs[0]}/cancel"),
            (HttpMethod.Post, $"{mount}/batches/{batch}/cancel"),
            (HttpMethod.Post, $"{mount}/batches/{batch}/rerun"),
            (HttpMethod.Post, $"{mount}/tests/{Guid.NewGuid()}/runs"),
            (HttpMethod.Post, $"{mount}/groups/{await of.GroupAsync(Guid.NewGuid())}/runs"),
        ];
    }

    private async Task SucceedAsync(string mount)
    {
        var (batch, runs) = await ledger.TriggerBatchAsync(2);
        (await ledger.PostAsync($"{mount}/tests/{Guid.NewGuid()}/runs")).Status.ShouldBe(HttpStatusCode.Accepted);
        (await ledger.PostAsync($"{mount}/groups/{await ledger.GroupAsync(Guid.NewGuid())}/runs")).Status.ShouldBe(HttpStatusCode.Accepted);
        (await ledger.PostAsync($"{mount}/runs/{runs[0]}/cancel")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.PostAsync($"{mount}/runs/{runs[0]}/cancel")).Status.ShouldBe(HttpStatusCode.Conflict);
        await ledger.StartAsync(runs[1]);
        (await ledger.PostAsync($"{mount}/batches/{batch}/cancel")).Status.ShouldBe(HttpStatusCode.Conflict);
        (await ledger.PostAsync($"{mount}/batches/{batch}/rerun")).Status.ShouldBe(HttpStatusCode.Accepted);
        var (idle, _) = await ledger.TriggerBatchAsync(2);
        (await ledger.PostAsync($"{mount}/batches/{idle}/cancel")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.GetAsync($"{mount}/runs?limit=100")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.GetAsync($"{mount}/runs/{runs[1]}")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.PostAsync($"{mount}/batches/{await BatchWithoutGroupAsync()}/rerun")).Status.ShouldBe(HttpStatusCode.Conflict);
    }

    private async Task RefuseAsync(IReadOnlyList<(HttpMethod Method, string Path)> surface)
    {
        foreach (var (method, path) in surface)
        {
            (await ledger.SendAsync(method, path, key: "")).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized");
            var malformed = path.EndsWith("/runs", StringComparison.Ordinal) && method == HttpMethod.Get
                ? $"{path}?limit=x"
                : string.Join('/', path.Split('/').Select(part => Guid.TryParse(part, out _) ? "x" : part));
            (await ledger.SendAsync(method, malformed)).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");
        }
    }

    private async Task MissAsync(string mount)
    {
        var unknown = Guid.NewGuid();
        (await ledger.GetAsync($"{mount}/runs/{unknown}")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
        foreach (var path in (string[])[$"runs/{unknown}/cancel", $"batches/{unknown}/cancel", $"batches/{unknown}/rerun", $"groups/{unknown}/runs"])
        {
            (await ledger.PostAsync($"{mount}/{path}")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
        }
    }

    private static async Task<IReadOnlyCollection<(string Method, string Path, int Status)>> FailAsync()
    {
        await using var ailing = await AilingLedger.StartAsync();
        IReadOnlyList<(HttpMethod Method, string Path)> surface =
            [.. await SurfaceAsync(ailing, TesterArmyMounts[0]), .. await SurfaceAsync(ailing, TesterArmyMounts[1])];
        await ailing.LoseTablesAsync();
        foreach (var (method, path) in surface)
        {
            (await ailing.SendAsync(method, path)).ShouldBeError(HttpStatusCode.InternalServerError, "InternalServerError");
        }

        ailing.CutOff();
        foreach (var (method, path) in surface)
        {
            var late = await ailing.SendAsync(method, path);
            late.ShouldBeError(HttpStatusCode.GatewayTimeout, "InternalServerError");
            late.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        }

        return ailing.Checked;
    }

    private async Task<IReadOnlyCollection<(string Method, string Path, int Status)>> LimitAsync(
        IReadOnlyList<(HttpMethod Method, string Path)> surface)
    {
        await using var limited = await RunningLedger.StartAsync(
            ledger.ConnectionString,
            new Dictionary<string, string?> { ["Ledger:RateLimit:Requests"] = "1", ["Ledger:RateLimit:Seconds"] = "3600" });
        var answers = new VendorAnswers(TesterArmyDescription.Instance);
        using var client = new HttpClient(answers) { BaseAddress = limited.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", limited.ApiKey);
        await client.GetAsync(surface[0].Path);
        await client.PostAsync(surface[2].Path, null);
        foreach (var (method, path) in surface)
        {
            var refused = await client.CallAsync(method, path);
            refused.Status.ShouldBe(HttpStatusCode.TooManyRequests);
            refused.Body.Text("error").ShouldBe("RateLimited");
        }

        return answers.Checked;
    }

    private async Task<Guid> BatchWithoutGroupAsync()
    {
        var batch = Guid.NewGuid();
        await ledger.Running.Client.TriggerAsync(new
        {
            kind = "run",
            name = "plain",
            metadata = new { batchId = batch },
            runs = new[] { new { checkType = "API", name = "plain", location = "eu" } },
        });
        return batch;
    }

    private static string? Name(string mount, (string Method, string Path, int Status) answer) =>
        answer.Path.StartsWith($"{mount}/", StringComparison.Ordinal) ? $"{answer.Method} {Template(answer.Path)} {answer.Status}" : null;

    /// <summary>A path with its ids left out, whatever they are called.</summary>
    private static string Template(string path) => string.Join(
        '/', path.Split('/').Select(part => part.StartsWith('{') || part == "x" || Guid.TryParse(part, out _) ? "{}" : part));
}
