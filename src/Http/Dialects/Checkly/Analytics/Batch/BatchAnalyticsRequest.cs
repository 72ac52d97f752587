using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly.Analytics.Batch;

/// <summary>Which checks to look at: a closed object (wire.md 3.11).</summary>
/// <param name="CheckIds">Their ids, 1 to 100.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BatchAnalyticsRequest(IReadOnlyList<Guid> CheckIds)
{
    private const int MaximumChecks = 100;

    /// <summary>The ids that are asked for, each once.</summary>
    /// <exception cref="RequestRejected">400 for everything that is not the documented body.</exception>
    public static IReadOnlyList<Guid> Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw RequestRejected.BadRequest("A JSON body with 'checkIds' is required.");
        }

        var ids = Body.ParseJson<BatchAnalyticsRequest>(bytes, ChecklyJson.Options).CheckIds;
        return ids.Count is >= 1 and <= MaximumChecks
            ? [.. ids.Distinct()]
            : throw RequestRejected.BadRequest($"'checkIds' must be an array of 1 to {MaximumChecks} uuids.");
    }
}
