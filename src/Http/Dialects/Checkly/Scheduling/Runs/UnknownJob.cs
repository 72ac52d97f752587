using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Bundles;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>
/// A job that the supplied runner cannot execute. It gets the reason for its report; a platform's own runner gets the job as it came.
/// </summary>
/// <param name="Raw">The job.</param>
/// <param name="Reason">One sentence for people.</param>
public sealed record UnknownJob(JsonElement Raw, string Reason) : JobWork
{
    public override void WriteTo(JsonObject spec, Bundle? bundle)
    {
        spec["unsupported"] = Reason;
        spec["job"] = JsonObject.Create(Raw);
    }
}
