using System.Text.RegularExpressions;
using Ledger.Http.RateLimits;
using Ledger.Http.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Hosting;

/// <summary>What every GET of the description answers, for each of some ids in the place of its parameters.</summary>
internal static partial class EveryRead
{
    // What never ends, and what says how the host fares, or who is connected just now, and not what the ledger knows.
    private static readonly string[] Left = ["/live", "/signals", "/ledger/projections", "/ledger/runners", "/metrics", "/openapi", "/storage"];

    // Reports cover the last hours unless they are told what to cover, and say so in their answers.
    private static readonly string[] OfLately = ["/ledger/reports/", "/v1/reporting", "/v1/analytics/", "/api/v2/analytics/"];

    private static readonly string Range = FormattableString.Invariant(
        $"?from={DateTimeOffset.UtcNow.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}&to={DateTimeOffset.UtcNow.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}");

    /// <summary>The status and the body of each path, by path.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(RunningLedger ledger, IReadOnlyList<string> ids)
    {
        LiftRateLimits(ledger);
        var client = ledger.Client;
        var description = (await client.ReadAsync("/openapi/v1.json")).Body;
        var paths = description.GetProperty("paths").EnumerateObject()
            .Where(path => path.Value.TryGetProperty("get", out _) && !Left.Any(part => path.Name.Contains(part, StringComparison.Ordinal)))
            .SelectMany(path => path.Name.Contains('{') ? ids.Select(id => Parameter().Replace(path.Name, id)) : [path.Name])
            .Distinct()
            .ToList();
        var answers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            using var response = await client.GetAsync(OfLately.Any(part => path.StartsWith(part, StringComparison.Ordinal)) ? path + Range : path);
            var body = await response.Content.ReadAsStringAsync();
            answers.Add(path, $"{(int)response.StatusCode} {body.Replace(client.BaseAddress!.Authority, "*", StringComparison.Ordinal)}");
        }

        return answers;
    }

    /// <summary>The ids under which a session can be asked for: its own, its number, and those of its runs.</summary>
    public static async Task<IReadOnlyList<string>> IdsAsync(HttpClient client, Guid sessionId)
    {
        var session = await client.SessionAsync(sessionId);
        return
        [
            sessionId.ToString(),
            session.GetProperty("number").ToString(),
            .. session.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("sequenceId").GetString()!),
        ];
    }

    /// <summary>Fails and names the first path that is answered otherwise.</summary>
    public static void ShouldBeAs(this IReadOnlyDictionary<string, string> now, IReadOnlyDictionary<string, string> before)
    {
        now.Keys.ShouldBe(before.Keys);
        now.Values.Count(answer => answer.StartsWith("200 ", StringComparison.Ordinal)).ShouldBeGreaterThan(20);
        foreach (var (path, answer) in now)
        {
            answer.ShouldBe(before[path], path);
        }
    }

    private static void LiftRateLimits(RunningLedger ledger)
    {
        var settings = ledger.Services.GetRequiredService<RateLimitSettings>();
        foreach (var limit in ledger.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<RateLimit>()).OfType<RateLimit>())
        {
            settings.Classes[limit.Class] = new RateWindowSettings { Requests = 1_000_000 };
        }
    }

    [GeneratedRegex("[{][^}]*[}]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();
}
