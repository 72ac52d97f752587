using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;

namespace Ledger.Http.Checkly;

/// <summary>Lists the runtimes.</summary>
public static class ListRuntimesEndpoint
{
    [WolverineGet("/v1/runtimes"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Lists the runtimes: the one that every account has.")]
    public static IReadOnlyList<Runtime> Get() => [Runtime.OfAccounts];
}

/// <summary>Reads one runtime.</summary>
public static class ReadRuntimeEndpoint
{
    [WolverineGet("/v1/runtimes/{runtimeId}"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 404, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Reads one runtime.")]
    public static Runtime Get(string runtimeId) =>
        runtimeId == Runtime.OfAccounts.Name ? Runtime.OfAccounts : throw RequestRejected.NotFound("Not Found");
}

/// <summary>
/// A set of packages that checks may rely on. Nominal here: a run has what its bundle and its runner's machine bring, but the
/// command line looks up the account's runtime before it schedules anything.
/// </summary>
/// <param name="Name">Its id.</param>
/// <param name="MultiStepSupport">Whether multi-step checks can run.</param>
/// <param name="NodeJsVersion">The version of Node.js.</param>
/// <param name="Stage">How current it is.</param>
/// <param name="Description">One sentence for people.</param>
/// <param name="Dependencies">Packages and their versions.</param>
public sealed record Runtime(
    string Name,
    bool MultiStepSupport,
    string NodeJsVersion,
    RuntimeStage Stage,
    string Description,
    IReadOnlyDictionary<string, string> Dependencies)
{
    /// <summary>The one that every account has.</summary>
    public static Runtime OfAccounts { get; } = new(
        "2025.04",
        true,
        "v22.11.0",
        RuntimeStage.Current,
        "Node.js 22 and Playwright 1.51. A run has what its code bundle installs and what its runner's machine offers.",
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["node"] = "22.11.0",
            ["@playwright/test"] = "1.51.1",
            ["playwright"] = "1.51.1",
            ["expect"] = "29.7.0",
            ["typescript"] = "5.8.3",
        });
}

/// <summary>How current a runtime is.</summary>
public enum RuntimeStage
{
    [JsonStringEnumMemberName("ALPHA")] Alpha,
    [JsonStringEnumMemberName("BETA")] Beta,
    [JsonStringEnumMemberName("CURRENT")] Current,
    [JsonStringEnumMemberName("DEPRECATED")] Deprecated,
    [JsonStringEnumMemberName("REMOVED")] Removed,
    [JsonStringEnumMemberName("STABLE")] Stable,
}
