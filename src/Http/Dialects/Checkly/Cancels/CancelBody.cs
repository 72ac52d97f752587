using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Cancels;

/// <summary>
/// The body of a cancel, a closed object (wire.md 3.1). Read from the raw bytes: the genuine command line sends none at all, with a form's
/// content type (trap 1).
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CancelBody
{
    /// <summary>The runs to cancel; absent for everything that still runs. Null is not absent.</summary>
    public JsonElement SequenceId { get; init; }

    /// <summary>The runs that are asked for; null for all.</summary>
    /// <exception cref="RequestRejected">400 for everything that is not one of the documented bodies.</exception>
    public static IReadOnlyCollection<Guid>? Parse(ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? null : Body.ParseJson<CancelBody>(bytes, ChecklyJson.Options).SequenceIds();

    private HashSet<Guid>? SequenceIds()
    {
        if (SequenceId.ValueKind is JsonValueKind.Undefined)
        {
            return null;
        }

        if (SequenceId.ValueKind is not JsonValueKind.Array || SequenceId.GetArrayLength() is 0 or > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'sequenceId' must be an array of 1 to {Limits.Runs} uuids.");
        }

        var ids = new HashSet<Guid>();
        foreach (var item in SequenceId.EnumerateArray())
        {
            ids.Add(item.ValueKind is JsonValueKind.String && item.TryGetGuid(out var id)
                ? id
                : throw RequestRejected.BadRequest("Every item of 'sequenceId' must be a uuid."));
        }

        return ids;
    }
}

/// <summary>The same body as the OpenAPI document describes it: nobody may send null, and everybody may leave it out.</summary>
public sealed record CancelSequences
{
    /// <summary>The runs to cancel, at least one; absent for everything that still runs.</summary>
    public IReadOnlyList<Guid> SequenceId { get; init; } = [];
}
