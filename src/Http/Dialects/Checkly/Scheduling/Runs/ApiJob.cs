using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>An API or URL check: one HTTP request that the runner makes itself.</summary>
public sealed record ApiJob : JobWork
{
    /// <summary>Required.</summary>
    public ApiRequest? Request { get; init; }

    /// <summary>Whether a status from 400 on is what is expected.</summary>
    public bool ShouldFail { get; init; }

    /// <summary>A script of the check's own.</summary>
    public string? LocalSetupScript { get; init; }

    /// <summary>A script of the check's own.</summary>
    public string? LocalTearDownScript { get; init; }

    private bool HasScripts => LocalSetupScript is { Length: > 0 } || LocalTearDownScript is { Length: > 0 };

    /// <summary>
    /// Reads a job. One with scripts around its request is not what it looks like without them, so it is not executed at all.
    /// </summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static JobWork Read(CheckRunJob common, JsonElement raw, string where)
    {
        var job = Parse<ApiJob>(raw, where);
        var request = job.Request ?? throw RequestRejected.BadRequest($"'{where}.request' is required.");
        request.Validate($"{where}.request");
        if (job.HasScripts || common.Group is { LocalSetupScript.Length: > 0 } or { LocalTearDownScript.Length: > 0 })
        {
            return new UnknownJob(raw, "The supplied runner executes no set-up and tear-down scripts of API checks.");
        }

        if (common.Group?.ApiCheckDefaults is { } group)
        {
            ApiRequest.RejectNull($"{where}.group.apiCheckDefaults", group.Headers, group.QueryParameters);
            request = request.Within(group);
            request.Validate($"{where}.group.apiCheckDefaults");
        }

        return job with { Request = request with { ShouldFail = job.ShouldFail } };
    }

    public override void WriteTo(JsonObject spec, Bundle? bundle) =>
        spec["apiRequest"] = JsonSerializer.SerializeToNode(Request, ChecklyJson.Options);
}
