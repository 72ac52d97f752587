using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>
/// What a job executes: by its type a command in a bundle, an HTTP request, or something that the supplied runner does not know.
/// </summary>
public abstract record JobWork
{
    /// <summary>The bundle that it needs; null for none.</summary>
    public virtual Guid? BundleKey => null;

    /// <summary>Reads the work of a job.</summary>
    /// <param name="job">What all jobs have in common.</param>
    /// <param name="raw">The job as it came.</param>
    /// <param name="where">Which of the jobs, for messages.</param>
    /// <exception cref="RequestRejected">400 for a job that cannot be executed as it is.</exception>
    public static JobWork Of(CheckRunJob job, JsonElement raw, string where) => job.CheckType switch
    {
        CheckTypes.Playwright => PlaywrightJob.Read(raw, where),
        "API" or "URL" => ApiJob.Read(job, raw, where),
        "HEARTBEAT" => throw RequestRejected.BadRequest($"'{where}' is a heartbeat: it waits for a ping, there is nothing to run."),
        var type => new UnknownJob(raw, $"The supplied runner executes no checks of type {type}."),
    };

    /// <summary>Writes it into a run's spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="bundle">The bundle of <see cref="BundleKey"/>; null without one.</param>
    public abstract void WriteTo(JsonObject spec, Bundle? bundle);

    /// <summary>A job, or a part of one, as a type of ours.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static T Parse<T>(JsonElement json, string where)
        where T : class
    {
        try
        {
            return json.Deserialize<T>(ChecklyJson.Options) ?? throw RequestRejected.BadRequest($"'{where}' must not be null.");
        }
        catch (JsonException fault)
        {
            throw RequestRejected.BadRequest($"The body is not what is expected at $.{where}{fault.Path?.TrimStart('$')}.");
        }
    }
}
